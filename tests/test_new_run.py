"""Where a new run goes, and where none goes."""

from pathlib import Path

import pytest

import aetrain
from aetrain.errors import UserError
from aetrain.new_run import default_path
from aetrain.run import Run
from tests.conftest import TINY


def test_the_default_name() -> None:
    path = default_path("vae", "digits")
    assert path.parts[0] == "outputs"
    assert path.name.endswith("-vae-digits")


def test_a_directory_that_is_named_holds_one_run(here: Path) -> None:
    job = [*TINY, "trainer.max_epochs=1", "run.dir=mine"]
    Path("mine").mkdir()
    assert aetrain.train(job)["run"] == "mine"
    before = {path: path.read_bytes() for path in Path("mine").rglob("*") if path.is_file()}
    with pytest.raises(UserError) as error:
        aetrain.train(job)
    assert str(error.value) == (
        "run.dir=mine: holds a run already; use resume=mine to go on with it, or choose another"
        " run.dir"
    )
    with Run(Path("mine")).held(), pytest.raises(UserError, match=r"^run\.dir=mine: a process is"):
        aetrain.train(job)
    last, best = (Path(f"mine/checkpoints/{name}.ckpt") for name in ("last", "best"))
    for gone, said in [
        (last, "holds a run already; choose another run.dir"),
        (best, "holds a run already; choose another run.dir"),
        (
            Path("mine/results.json"),
            "holds a run without a checkpoint; choose another run.dir, or remove that one",
        ),
        (
            Path("mine/choices.yaml"),
            "is there already; name a new directory, such as run.dir=outputs/mine",
        ),
    ]:
        gone.unlink()
        with pytest.raises(UserError) as error:
            aetrain.train(job)
        assert str(error.value) == f"run.dir=mine: {said}"
    assert [path.name for path in here.iterdir()] == ["mine"]
    assert all(path.read_bytes() == old for path, old in before.items() if path.exists())
