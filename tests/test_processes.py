"""Two processes train one model as one process does."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import aetrain
from aetrain import execute
from aetrain.errors import UserError
from aetrain.job import Job
from aetrain.loggers.tensorboard import CONCLUSION
from aetrain.processes import refuse_tasks
from tests.conftest import TINY, Shell, few
from tests.test_games import ADVERSARIAL, GAMES

# grey values, so that no noise is drawn; an odd batch, so that the parts are unequal
JOB = [
    *("likelihood=gaussian", "trainer.accelerator=cpu", "trainer.max_steps=10", "seed=1"),
    *("network.hidden=[32]", "dataset.batch_size=75", "callbacks=none", "evaluation.nll_samples=7"),
    *("dataset.eval_batch_size=50", "trainer.precision=64-true"),
]
TWO = ["trainer=ddp", "trainer.devices=2"]


def results(run: Path) -> dict[str, float]:
    return json.loads((run / "results.json").read_text())


def weights(run: Path) -> dict[str, torch.Tensor]:
    return torch.load(run / "checkpoints/last.ckpt", weights_only=True)["state_dict"]


# without steps the weights are the initial ones: a vae's training noise is each process's own, so
# are corruptions, and so are the features that dead codes move to
AS_ONE = {
    "ae": [],
    "rae_sn": [],
    "dae": ["trainer.max_steps=0"],
    "sparse_ae": ["latent=70"],
    "cae": [],
    "stacked_ae": ["head=classifier"],
    "vae": ["trainer.max_steps=0"],
    "cvae": ["trainer.max_steps=0", "dataset.labelled=500"],
    "m2": ["trainer.max_steps=0", "dataset.labelled=100", "dataset.labelled_batch=10"],
    "gmvae": ["trainer.max_steps=0"],
    "m1m2": ["trainer.max_steps=0", "dataset.labelled=100", "dataset.labelled_batch=10"],
    "two_stage_vae": ["trainer.max_steps=0"],
    "svae": ["trainer.max_steps=0"],
    "poincare_vae": ["trainer.max_steps=0"],
    "hamiltonian_vae": ["trainer.max_steps=0"],
    "aae": ["trainer.max_steps=0"],
    "gan": ["trainer.max_steps=0"],
    "vqvae": ["model.quantiser.revive_below=0", "model.quantiser.codes=16"],
}


@pytest.mark.parametrize("model", few(AS_ONE, ("vae", "vqvae")))
def test_two_processes_equal_one(model: str, here: Path) -> None:
    job = [*JOB, *AS_ONE[model], f"model={model}"]
    aetrain.train([*job, "run.dir=one"])
    aetrain.train([*TWO, *job, "run.dir=two"])
    first, second = weights(Path("one")), weights(Path("two"))
    for key in first:
        assert torch.allclose(first[key], second[key], atol=1e-5, rtol=0), key
    a, b = results(Path("one")), results(Path("two"))
    figures = [name for name in a if name.startswith("test/")]
    assert len(figures) >= 2
    for name in figures:
        assert b[name] == pytest.approx(a[name], rel=1e-9), name
    each = [np.load(Path(run) / "examples.npz") for run in ("one", "two")]
    assert set(each[0]) == set(each[1])
    for name in each[0]:
        np.testing.assert_allclose(each[1][name], each[0][name], rtol=1e-6, err_msg=name)
    files = Path("two/tensorboard").iterdir()
    assert sorted(file.suffix == CONCLUSION for file in files) == [False, True]


def test_processes_move_dead_codes_to_the_same_features(here: Path) -> None:
    """A run whose processes end with different weights or buffers fails."""
    revive = ["model.quantiser.revive_below=1000", "model.prior_epochs=1", "run.dir=two"]
    aetrain.train([*TWO, *JOB, "model=vqvae", *revive])
    assert (weights(Path("two"))["quantiser.codebook.counts"] >= 1000).all()


def test_two_players_and_a_multiplier_end_alike(here: Path) -> None:
    """A run whose processes end with different weights or buffers fails."""
    aetrain.train([*TWO, *JOB, "model=factor_vae", "objective=geco", "run.dir=two"])
    assert weights(Path("two"))["objective.log_multiplier"] > 0


PLAYED = ("gan", "aae")
"""The other games are played by the slow tests."""
STEADY = ["adversary.spectral_norm=true", "adversary.noise=0.1", "adversary.r1=1"]
STEADY += ["adversary.updates=2"]


@pytest.mark.parametrize("model", few(GAMES, PLAYED))
def test_players_end_alike(model: str, here: Path) -> None:
    """A run whose processes end with different weights or buffers fails."""
    steady = STEADY if model in ADVERSARIAL else []
    results = aetrain.train([*TWO, *JOB, *steady, f"model={model}", "run.dir=two"])
    assert results["processes"] == 2
    assert results["steps"] >= 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "job",
    [
        ["model=vade", "prior=full_gaussian_mixture", "prior.components=2"],
        ["model=aae_cluster", "model.classes=2", "model.pretraining_epochs=1"],
    ],
    ids=["vade", "aae_cluster"],
)
def test_a_mixture_that_one_process_fits_is_had_by_both(job: list[str], here: Path) -> None:
    """A run whose processes end with different weights or buffers fails."""
    aetrain.train([*TWO, *JOB, *job, "run.dir=two"])


@pytest.mark.slow
def test_a_mixture_that_follows_batches_ends_alike(here: Path) -> None:
    """Sums over two processes are those over one."""
    job = [*JOB, "model=gmm", "model.minibatch=true", "model.components=2"]
    aetrain.train([*job, "run.dir=one"])
    aetrain.train([*TWO, *job, "run.dir=two"])
    first, second = weights(Path("one")), weights(Path("two"))
    for key in first:
        assert torch.allclose(first[key], second[key], atol=1e-5, rtol=1e-5), key


def test_a_sweep_over_numbers_of_devices(tmp_path: Path, shell: Shell) -> None:
    sweep = shell("-m", "trainer=ddp", "trainer.devices=2,1,2", *JOB, "model=ae")
    assert sweep.returncode == 0, sweep.stderr
    (directory,) = (tmp_path / "outputs/multirun").glob("*/*")
    jobs = sorted(path.parent for path in directory.glob("*/results.json"))
    assert [job.name for job in jobs] == ["0", "1", "2"]
    assert [results(job)["processes"] for job in jobs] == [2, 1, 2]
    assert len({round(results(job)["test/distortion"], 9) for job in jobs}) == 1


def test_a_resumed_run_of_two_processes_is_exact(here: Path) -> None:
    job = [*TWO, *JOB, "model=vae"]
    aetrain.train([*job, "run.dir=a"])
    aetrain.train([*job, "run.dir=b", "trainer.max_steps=4"])
    aetrain.train(["resume=b", "trainer.max_steps=10"])
    first, second = weights(Path("a")), weights(Path("b"))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_processes_with_another_job_are_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Initial weights are process 0's, so another seed would not be seen in the weights alone."""

    def altered(job: Job) -> dict[str, object]:
        return vars(job) | {"config": {**job.config, "seed": 7}}

    monkeypatch.setattr(execute, "asdict", altered)
    with pytest.raises(RuntimeError, match="process 1: was given another job than process 0"):
        aetrain.train([*TWO, *JOB, "model=vae", "logger=none"])


def test_a_rank_that_another_program_has_left_is_not_read(
    tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOCAL_RANK", "RANK", "SLURM_PROCID"):
        monkeypatch.setenv(name, "1")
    one = shell(*TINY, "run.dir=one")
    assert one.returncode == 0, one.stderr
    assert results(tmp_path / "one")["processes"] == 1
    assert (tmp_path / "one/tensorboard").is_dir()


SLURM = {"SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_JOB_NAME": "train"}
TORCHRUN = {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2", "RANK": "1"}


def test_several_tasks_of_slurm_are_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = (
        "SLURM_NTASKS=4: this command is started 4 times, and one of them starts its own"
        " processes: use srun --ntasks=1, with trainer.devices=4"
    )
    for name, value in SLURM.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=f"^{line}$"):
        aetrain.train(TINY)
    assert not list(here.iterdir())


def test_who_may_be_started_by_others() -> None:
    with pytest.raises(UserError, match=r"WORLD_SIZE=2: .* use python instead of torchrun"):
        refuse_tasks(TORCHRUN)
    for fit in (
        {},
        SLURM | {"SLURM_NTASKS": "1"},
        SLURM | {"SLURM_JOB_NAME": "interactive"},
        {"SLURM_NTASKS": "4"},  # salloc, before srun
        TORCHRUN | {"WORLD_SIZE": "1"},
    ):
        refuse_tasks(fit)
