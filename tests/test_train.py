"""The entry point: what is answered at once, and what wrong input gets."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

import aetrain
from aetrain.config.files import groups
from aetrain.train import main
from tests.conftest import TINY, Shell

MODELS = ", ".join(groups()["model"])


def spent() -> float:
    """Return the processor time of this process's children: other work does not count in it."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.fixture(scope="module")
def quick() -> float:
    """Return half of what torch's import takes here: a busy machine lengthens both."""
    before = spent()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return (spent() - before) / 2


QUICKLY = [["--help"], ["--cfg", "job"], ["--cfg", "all", "--resolve"], ["--version"], ["lr=1"]]


@pytest.mark.parametrize("arguments", QUICKLY)
def test_answers_without_torch_are_quick(
    arguments: list[str], tmp_path: Path, quick: float
) -> None:
    code = (
        "import sys; from aetrain.train import main\n"
        f"try: main({arguments!r})\n"
        "finally: assert not {'torch', 'pytorch_lightning'} & set(sys.modules)"
    )
    times = []
    for _ in range(3):  # the least of them: other programs share the caches
        before = spent()
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        times.append(spent() - before)
    assert min(times) < quick
    assert not list(tmp_path.iterdir())


def test_completion_is_quick_and_right(tmp_path: Path, quick: float) -> None:
    env = {"COMP_LINE": "aetrain likelihood=", "COMP_POINT": "19", "PATH": "/usr/bin:/bin"}
    before = spent()
    done = subprocess.run(
        [sys.executable, "-m", "aetrain", "-sc", "query=bash"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert {"likelihood=bernoulli", "likelihood=gaussian"} <= set(done.stdout.split()), done.stderr
    assert spent() - before < quick


WRONG = [
    (["model=vea"], f"model=vea: no such model; choose from {MODELS}. Did you mean 'vae'?"),
    (["optimizer.lrr=1"], "no such key 'optimizer.lrr'. Did you mean 'optimizer.lr'?"),
    (["dataset=array"], "dataset.path: is missing"),
    (["optimizer.lr=abc"], "optimizer.lr='abc': a number is needed"),
    (["latent=0"], "latent=0: must be at least 1"),
    (["latent=-3"], "latent=-3: must be at least 1"),
    (["trainer=gpu"], "trainer.accelerator=gpu: no such device here"),
    (["dataset=array", "dataset.path=no.npy"], "no.npy: does not exist"),
    (["dataset.valid=5000"], "dataset.valid=5000: there are only 1797 examples to split; lower it"),
    (["resume=nowhere"], "nowhere: no such run directory; runs are under outputs/"),
    (["run.dir=/"], "run.dir=/: is there already; name a new directory, such as run.dir=outputs/"),
    (["optimizer.lr=-1"], "optimizer.lr=-1: Adam refuses it (Invalid learning rate: -1); choose"),
    (["optimizer.weight_decay=-1"], "optimizer.weight_decay=-1: Adam refuses it"),
    (["optimizer.betas=[2,.9]"], "another value, such as its default, [0.9,0.999]"),
    (["optimizer=sgd", "optimizer.momentum=-1"], "optimizer.momentum=-1: SGD refuses it"),
    (["model=aae", "optimizer.lr=-1"], "optimizer.lr=-1: Adam refuses it"),
    (
        ["trainer.max_time=foo"],
        "trainer.max_time='foo': a time such as 00:12:00:00, a group such as",
    ),
    (
        ["trainer.max_time={foo:5}"],
        "{foo:5}: a time such as 00:12:00:00, a group such as {minutes: 5} or",
    ),
    (
        ["trainer.limit_test_batches=0.5"],
        "trainer.limit_test_batches=0.5: is less than one block, as there is 1 of dataset.eval_",
    ),
    (["trainer.limit_val_batches=0.5"], "use trainer.limit_val_batches=1 for one block, or"),
    (["run.dir=/proc/none/x"], "/proc/none/x: cannot be written"),
    (["-m", "seed=0,1", "hydra.sweep.dir=/proc/x"], "choose another place with hydra.sweep.dir=."),
    (["prior._target_=os.system"], "prior._target_='os.system': is not allowed"),
    (["prior._target_=torch.hub.load"], "prior._target_='torch.hub.load': is not allowed"),
    (["likelihood=bernoulli", "dataset=cifar10"], "use dataset.binarize=dynamic, or likelihood="),
    (["network=conv", "dataset=array", "dataset.path=x.csv"], "x.csv"),
    (["network.activation=rleu"], "Did you mean 'relu'?"),
    (["hydra.run.dir=X"], "hydra.run.dir=X: not the directory of a run; use run.dir=X"),
    (["+hydra.run={dir:X}"], "{dir:X}: not the directory of a run; use run.dir=X"),
    (["hydra.sweep.dir=X"], "hydra.sweep.dir=X: not the directory of a run; use run.dir=X"),
    (["-m", "seed=0,1", "run.dir=X"], "not the directory of a sweep's jobs; use hydra.sweep.dir=X"),
    (["-m", "run.dir=X,Y"], "not the directory of a sweep's jobs; use hydra.sweep.dir=..."),
    (["-m", "dataset=array", "seed=range(3)"], "dataset.path: is missing; set dataset.path=..."),
    (["-m", "dataset=array", "seed=0,1"], "dataset.path: is missing; set dataset.path=..."),
    (["network.hidden=16"], "network.hidden=16: a list of whole numbers is needed, such as [16]"),
    (["model=ae,vae"], "model=ae,vae: several values need -m"),
    (["seed=0,1", "--multi"], "--multi: no such option. Did you mean '--multirun'?"),
    (["latent=2", "--cfg"], "--cfg/-c: expected one argument; correct it, see aetrain --help"),
    (["seed=0,1", "-m", "--cfg", "job"], "--multirun and --cfg: do not go together; leave out one"),
    (["-m", "seed=0,1", "--config-dir=none"], "--config-dir=none: no such directory; correct the"),
    (["resume=r", "--config-dir=c"], "--config-dir=c: a run goes on with its own configuration"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_input(
    arguments: list[str], message: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert message in output.err
    assert len(output.err.splitlines()) == 1
    assert output.err.startswith("aetrain: ")
    assert "Traceback" not in output.out + output.err
    assert not list(here.iterdir())


def test_hydras_own_settings_name_no_foreign_code(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "c/experiment").mkdir(parents=True)
    (here / "c/experiment/evil.yaml").write_text(
        "# @package _global_\nhydra:\n  callbacks:\n    x:\n"
        "      _target_: torch.hub.load\n      repo_or_dir: /tmp\n"
    )
    swept = ["-m", "experiment=vae_mnist,evil"]
    for more in (["experiment=evil"], swept, [*swept, "seed=range(2)"]):
        assert main(["--config-dir", "c", *more, *TINY]) == 2
        assert "hydra.callbacks.x._target_='torch.hub.load': is not" in capsys.readouterr().err
    assert main(["+hydra.callbacks.x._target_=os.system"]) == 2
    assert [path.name for path in here.iterdir()] == ["c"]


def test_options_may_come_last(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (here / name / "dataset").mkdir(parents=True)
        text = "source: {_target_: aetrain.data.digits.Digits}\ndefaults: [options]\n"
        (here / name / "dataset" / f"of_{name}.yaml").write_text(text)
    own = ["--config-dir", "a", "dataset=of_b", "--config-dir=b", "seed=7", "--resolve", "-c"]
    assert main([*own, "job"]) == 0
    assert capsys.readouterr().out.startswith("seed: 7\n")
    assert main(["dataset=of_a", "--config-dir", "a", "--cfg=job", "-p", "seed"]) == 0
    assert capsys.readouterr().out == "0\n"


def test_a_sweep_does_not_resume(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-m", "resume=r", "seed=0,1"]) == 2
    assert "a sweep cannot go on with a run" in capsys.readouterr().err


def test_all_mistakes_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["latent=0", "samples=0", "optimizer.lr=x"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_a_full_disk(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk; a checkpoint does not fit."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    job = ["network.hidden=[500]", "trainer.max_epochs=1", "callbacks=none", "run.dir=r"]
    done = subprocess.run(
        [sys.executable, "-m", "aetrain", *job],
        cwd=tmp_path,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "cannot be written (is the disk full?): free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.ckpt"))
    assert not list(tmp_path.rglob("*.part"))


def test_the_module_is_the_function(here: Path) -> None:
    assert callable(aetrain.train)
    assert aetrain.train([*TINY, "trainer.max_steps=1"])["steps"] == 1


def test_a_users_own_choice(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "conf/dataset").mkdir(parents=True)
    (here / "conf/dataset/mine.yaml").write_text(
        "defaults: [options]\nbinarize: none\nsource:\n  _target_: mine.Mine\n"
    )
    (here / "mine.py").write_text(
        "import torch\n"
        "from aetrain.data.table import Memory, Splits\n"
        "class Mine:\n"
        "    raw = None\n"
        "    event = None\n"
        "    def load(self):\n"
        "        return Splits(Memory(torch.randn(100, 3)))\n"
    )
    monkeypatch.syspath_prepend(here)
    own = ["dataset=mine", "likelihood=gaussian"]
    arguments = ["--config-dir", "conf", *TINY, *own, "allow=[mine]", "run.dir=r"]
    assert main(arguments) == 0
    assert (here / "r/results.json").is_file()
    assert main(["--config-dir", "conf", *TINY, *own, "run.dir=s"]) == 2  # not allowed
    assert not (here / "s").exists()


def test_the_shell_runs_it(shell: Shell, tmp_path: Path) -> None:
    done = shell(*TINY)
    assert done.returncode == 0, done.stderr
    for word in ("parameters", "60 train", "ELBO", "NLL", "bits per dimension", "tensorboard"):
        assert word in done.stdout
    assert done.stderr == ""
