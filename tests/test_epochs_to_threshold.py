"""Epochs to a threshold, of curves made by hand."""

import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType

import pytest
from torch.utils.tensorboard.writer import SummaryWriter

SCRIPT = Path(__file__).parents[1] / "scripts" / "epochs_to_threshold.py"
FALLING = [(1.0, 8.0), (2.0, 4.0), (3.0, 2.0), (4.0, 2.5)]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("epochs_to_threshold", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("threshold", "epochs"),
    [
        (9.0, 1.0),  # at the first validation already: before it nothing is known
        (8.0, 1.0),
        (6.0, 1.5),  # half-way down the first line
        (4.0, 2.0),
        (3.5, 2.25),
        (2.0, 3.0),
        (1.9, math.inf),  # never
    ],
)
def test_where_a_curve_comes_down_to_a_threshold(
    script: ModuleType, threshold: float, epochs: float
) -> None:
    assert script.crossing(FALLING, threshold) == pytest.approx(epochs)


def test_the_first_time_counts(script: ModuleType) -> None:
    assert script.crossing([(1, 4.0), (2, 2.0), (3, 6.0), (4, 1.0)], 3) == pytest.approx(1.5)


def test_what_is_not_finite_is_not_below(script: ModuleType) -> None:
    curve = [(1, math.nan), (2, 3.0), (3, 1.0)]
    assert script.crossing(curve, 3.5) == 2
    assert script.crossing(curve, 2) == pytest.approx(2.5)
    assert script.reached_by_all([curve]) == 1


def test_the_ratio(script: ModuleType) -> None:
    slow = [(float(e), 10.0 - e) for e in range(1, 7)]  # 4 at its best
    fast = [(float(e), 10.0 - 2 * e) for e in range(1, 5)]  # 2 at its best
    found = script.compare({"slow": slow, "fast": fast}, None)
    assert found == {"threshold": 4.0, "epochs": {"slow": 6.0, "fast": 3.0}, "ratio": 2.0}
    found = script.compare({"slow": slow, "fast": fast}, 3.0)
    assert found == {"threshold": 3.0, "epochs": {"slow": None, "fast": 3.5}, "ratio": None}


def run_of(path: Path, values: list[float], interval: float = 1.0) -> Path:
    """Write what a run has logged: lines of training between those of validation."""
    path.mkdir()
    config = f"trainer: {{val_check_interval: {interval}, check_val_every_n_epoch: 1}}\n"
    (path / "config.yaml").write_text(config)
    lines = ["step,train/loss,val/distortion,val/denoising_squared_error"]
    for number, value in enumerate(values, 1):
        lines += [f"{50 * number - 7},1.5,,", f"{50 * number},,{value},{2 * value}"]
    (path / "metrics.csv").write_text("\n".join(lines))
    return path


def test_curves_of_logs(script: ModuleType, here: Path) -> None:
    vae = run_of(here / "vae", [8, 6, 4, 3])
    cvae = run_of(here / "cvae", [6, 3, 2, 1.5])
    found = script.main([str(vae), str(cvae), "-o", "curves.png"])
    assert found == {"threshold": 3.0, "epochs": {"vae": 4.0, "cvae": 2.0}, "ratio": 2.0}
    assert Path("curves.png").stat().st_size > 5000
    noisy = ["--figure", "denoising_squared_error", "--threshold", "8"]
    found = script.main([str(vae), str(cvae), *noisy])
    assert found["epochs"] == pytest.approx({"vae": 3, "cvae": 5 / 3})
    assert script.curve_of(run_of(here / "half", [8, 6], 0.5), "distortion") == [(0.5, 8), (1, 6)]
    with pytest.raises(SystemExit, match="no validation has elbo; choose one of denoising_sq"):
        script.curve_of(vae, "elbo")


def test_curves_of_tensorboard(script: ModuleType, here: Path) -> None:
    run = run_of(here / "vae", [8, 6])
    (run / "metrics.csv").unlink()
    with SummaryWriter(str(run / "tensorboard")) as writer:
        for step, value in ((50, 8.0), (100, 6.0)):
            writer.add_scalar("val/distortion", value, step)
    assert script.curve_of(run, "distortion") == [(1, 8), (2, 6)]
    (here / "none").mkdir()
    with pytest.raises(SystemExit, match=r"holds no metrics\.csv and no tensorboard/"):
        script.curve_of(here / "none", "distortion")
    assert json.dumps(script.compare({"a": [(1, 2.0)], "b": [(1, 3.0)]}, None))
