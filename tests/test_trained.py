"""A trained model from Python."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch

import aetrain
from aetrain import checkpoint
from aetrain.checkpoint import CARD
from aetrain.errors import UserError
from aetrain.trained import Trained
from tests.conftest import TINY


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("runs"))
    try:
        return {
            model: {
                **aetrain.train([*TINY, f"model={model}", f"run.dir={model}"]),
                "path": str(Path(model).absolute()),
            }
            for model in ("vae", "ae")
        }
    finally:
        os.chdir(before)


@pytest.fixture
def vae(runs: dict[str, dict[str, object]]) -> Trained:
    return aetrain.load(str(runs["vae"]["path"]))


def test_shapes(vae: Trained) -> None:
    x = torch.rand(7, 1, 8, 8).round()
    z = vae.encode(x)
    assert z.shape == (7, 2)
    assert vae.decode(z).shape == x.shape
    assert vae.reconstruct(x).shape == x.shape
    assert torch.equal(vae.reconstruct(x), vae.decode(z))
    assert vae.sample(5).shape == (5, 1, 8, 8)
    assert vae.log_prob(x, samples=3).shape == (7,)
    assert vae.posterior(x).batch_shape == (7,)
    assert vae.likelihood(z).event_shape == (1, 8, 8)
    assert not any(t.requires_grad for t in (z, vae.sample(1), vae.log_prob(x, samples=1)))


def test_samples_are_means_or_draws_and_seeded(vae: Trained) -> None:
    assert torch.equal(vae.sample(3, seed=1), vae.sample(3, seed=1))
    assert not torch.equal(vae.sample(3, seed=1), vae.sample(3, seed=2))
    assert set(vae.sample(50, mean=False).unique().tolist()) == {0.0, 1.0}


def test_log_prob_agrees_with_the_test(runs: dict[str, dict[str, object]], vae: Trained) -> None:
    data = pytest.importorskip("aetrain.build").build_data(vae.config)
    data.load(vae.model.decoder.family.support)  # pyright: ignore[reportAttributeAccessIssue]
    x = data.first("test", 60, torch.device("cpu"))["x"]
    nll = -vae.log_prob(x, samples=500).mean().item()
    reported = runs["vae"]["test/nll"]
    assert isinstance(reported, float)
    # five samples bound the evidence from below, loosely; the test's figure cannot be the smaller
    assert 0 < reported - nll + 0.2 < 2


def test_a_plain_autoencoder_has_no_log_prob(runs: dict[str, dict[str, object]]) -> None:
    ae = aetrain.load(str(runs["ae"]["path"]))
    with pytest.raises(UserError, match=r"AE defines no p\(x\), so there is no log_prob"):
        ae.log_prob(torch.zeros(1, 1, 8, 8))


def test_a_wrong_shape_is_named(vae: Trained) -> None:
    with pytest.raises(UserError, match=r"x has the shape \(3, 64\), but this model takes"):
        vae.encode(torch.zeros(3, 64))
    with pytest.raises(UserError, match="z has the shape"):
        vae.decode(torch.zeros(3, 5))


def test_arrays_and_lists_are_taken(vae: Trained) -> None:
    x = torch.rand(3, 1, 8, 8).round()
    z = vae.encode(x)
    read_only = np.broadcast_to(x.numpy()[:1], x.shape)
    assert torch.equal(vae.encode(read_only), vae.encode(x[:1].expand_as(x)))
    for given in (x.numpy(), x.double().numpy(), x.bool(), x.int().tolist(), x.byte()):
        assert torch.equal(vae.encode(given), z)
    lists = list(x), [one.requires_grad_() for one in x.clone()], tuple(x.to_sparse())
    for given in (*lists, x.to_sparse()):
        assert torch.equal(vae.encode(given), z)
    assert torch.equal(vae.decode(z.tolist()), vae.decode(z))
    assert vae.sample(np.int64(3)).shape == (3, 1, 8, 8)


def test_what_cannot_be_taken_is_refused_in_a_line(vae: Trained) -> None:
    x = torch.rand(3, 1, 8, 8).round()
    for wrong, told in {
        "a cat": r"^x='a cat': must be real numbers, in a tensor or an array of NumPy$",
        None: "^x=NoneType: must be real numbers",
        ((1, 2), (3,)): "^x=tuple: must be real numbers",
        x.to(torch.complex64): "^x=Tensor: must be real numbers",
        x[0]: r"^x has the shape \(1, 8, 8\).*\(N, 1, 8, 8\); use x\[None\] for one alone$",
        (15 * x).byte(): "^x holds bytes up to 15, .* from 0 to 1, .*: use x / 16$",
        x / 0: r"^x holds numbers that are not finite \(nan or inf\)",
        x.double() * 1e39: r"^x holds numbers that are not finite",
    }.items():
        with pytest.raises(UserError, match=told):
            vae.encode(wrong)  # pyright: ignore[reportArgumentType]
    for wrong, told in {0: "n=0: must be at least 1", -1: "n=-1: must", 2.5: "n=2.5: must"}.items():
        with pytest.raises(UserError, match=f"^{told}"):
            vae.sample(wrong)  # pyright: ignore[reportArgumentType]
    for options, told in (
        ({"samples": 2.5}, "^samples=2.5: must be a whole number"),
        ({"samples": 0}, "^samples=0: must be at least 1$"),
        ({"seed": "a"}, "^seed='a': must be a whole number"),
    ):
        with pytest.raises(UserError, match=told):
            vae.log_prob(x, **options)  # pyright: ignore[reportArgumentType]
    whole = x.numpy().astype(np.uint16)
    assert torch.equal(vae.log_prob(whole, samples=2), vae.log_prob(x, samples=2))
    with pytest.raises(UserError, match=r"scores two values from 0 to 1: use \(x > 0.5\)"):
        vae.log_prob(x / 2)
    for seed, told in {"a": "'a': must be a whole number", -1: "-1: must be at least 0"}.items():
        with pytest.raises(UserError, match=f"^seed={told}"):
            vae.sample(2, seed=seed)  # pyright: ignore[reportArgumentType]
    with pytest.raises(UserError, match=r"^x=list: must be real numbers"):
        vae.encode([x[0], x[0, :, :4]])
    with pytest.raises(UserError, match=r"^condition='cat': must be a class, which is a whole"):
        vae.sample(3, condition="cat")


def test_a_single_file_is_enough(
    runs: dict[str, dict[str, object]], vae: Trained, here: Path
) -> None:
    moved = here / "moved.ckpt"
    moved.write_bytes((Path(str(runs["vae"]["path"])) / "checkpoints/best.ckpt").read_bytes())
    z = torch.zeros(1, 2)
    assert torch.equal(aetrain.load(moved).decode(z), vae.decode(z))


def test_a_checkpoint_of_an_earlier_version(
    runs: dict[str, dict[str, object]], vae: Trained, here: Path
) -> None:
    """It knows nothing of groups that came later, which do nothing by default."""
    content = checkpoint.read(Path(str(runs["vae"]["path"])) / "checkpoints/best.ckpt")
    for group in ("corruption", "sparsity"):
        assert content[CARD]["config"].pop(group) == {}
    checkpoint.write(Path("old.ckpt"), content)
    x = torch.rand(3, 1, 8, 8).round()
    assert torch.equal(aetrain.load("old.ckpt").encode(x), vae.encode(x))


def test_doubles_stay_doubles(here: Path) -> None:
    aetrain.train([*TINY, "trainer.precision=64-true", "run.dir=r"])
    trained = aetrain.load("r")
    assert trained.decode(torch.zeros(1, 2)).dtype == torch.float64
    assert math.isfinite(trained.log_prob(torch.zeros(1, 1, 8, 8)).item())


def test_what_is_no_run(here: Path) -> None:
    with pytest.raises(UserError, match=r"^path=5: must be a run's directory or a checkpoint$"):
        aetrain.load(5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(UserError, match="no such run directory"):
        aetrain.load("nowhere")
    Path("x.ckpt").write_bytes(b"no checkpoint")
    with pytest.raises(UserError, match="truncated or damaged"):
        aetrain.load("x.ckpt")
    torch.save({"a": 1}, "y.ckpt")
    with pytest.raises(UserError, match="not a checkpoint of aetrain"):
        aetrain.load("y.ckpt")
