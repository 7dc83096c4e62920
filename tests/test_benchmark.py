import sys
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.setattr("aetrain.hardware.cores", lambda: 1)  # hence one thread
    import benchmark

    yield benchmark
    sys.modules.pop("benchmark", None)


@pytest.fixture
def grey(tmp_path: Path) -> list[str]:
    """Real digits enlarged to 28x28 bytes, with what the benchmark says of MNIST."""
    digits = load_digits().images / 16 * 255
    large = np.pad(np.kron(digits, np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2)))
    np.save(tmp_path / "digits.npy", large.round().astype(np.uint8))
    return [
        *("dataset=array", f"dataset.path={tmp_path / 'digits.npy'}", "dataset.binarize=dynamic"),
        *("network.hidden=[500]", "latent=20", "dataset.valid=100", "dataset.test=100"),
    ]


@pytest.mark.parametrize("batch_size", [7, 100])
def test_the_bare_loop_does_the_same_arithmetic(
    benchmark: Any, grey: list[str], batch_size: int
) -> None:
    lap = benchmark.aetrain_lap(
        [*grey, f"dataset.batch_size={batch_size}", "trainer.limit_train_batches=2"]
    )
    model, data = lap.model, lap.model.data
    assert lap.batches == 2
    assert lap.examples == 2 * batch_size

    bare = benchmark.Bare(list(model.parameters()))  # trained: log σ is not near 0
    item = data.train_dataloader().batch_at(epoch=0, batch=0)
    raw = data.tables["train"].read(item.rows)
    torch.manual_seed(0)
    x = benchmark.binarized(raw, 255.0)
    expected = bare(x)
    torch.manual_seed(0)
    batch = data.batch(item, torch.device("cpu"))
    terms = next(iter(model.players().values())).terms(batch)
    loss = torch.stack([term.mean() for term in terms.values()]).sum()

    assert torch.equal(batch["x"].flatten(1), x)
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=0)
    expected.backward()
    loss.backward()
    for own, other in zip(model.parameters(), bare.parameters(), strict=True):
        torch.testing.assert_close(own.grad, other.grad, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [100, 512])
def test_the_whole_loop_is_about_as_fast_as_the_bare_one(
    benchmark: Any, grey: list[str], batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bar of `scripts/benchmark.py` is 0.90; the rest is left to a shared machine's noise."""
    monkeypatch.setattr(benchmark, "undisturbed", lambda measure: measure())  # does not wait
    words = [*grey, f"dataset.batch_size={batch_size}", "trainer.max_epochs=5"]
    pairs = benchmark.speed(words, rounds=5)
    assert median(own / bare for bare, own in pairs) >= 0.8
