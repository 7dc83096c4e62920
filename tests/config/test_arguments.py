"""Options and overrides in any order."""

from pathlib import Path

import pytest

from aetrain.config.arguments import Command
from aetrain.errors import UserError


def test_options_and_overrides_may_be_mixed() -> None:
    command = Command.parse(
        [
            *("model=ae", "-c", "job", "--config-dir", "mine", "seed=0,1", "--config-dir=yours"),
            *("--resolve", "~debug", "+a=1"),
        ]
    )
    assert command.overrides == ["model=ae", "seed=0,1", "~debug", "+a=1"]
    assert command.config_dirs == ["mine", "yours"]
    assert command.options == {"--cfg": "job", "--resolve": None}
    assert command.tells
    assert not command.multirun
    assert not command.completes


SPELLINGS = [
    (["a=1", "-m", "seed=0,1"], ["--multirun", "a=1", "seed=0,1"]),
    (["a=1", "seed=0,1", "--multirun"], ["--multirun", "a=1", "seed=0,1"]),
    (["a=1", "--config-dir", "x", "b=2"], ["--config-dir=x", "a=1", "b=2"]),
    (["a=1", "-cd=x"], ["--config-dir=x", "a=1"]),
    (["a=1", "-cjob"], ["--cfg=job", "a=1"]),
    (["a=1", "--resolve", "--cfg=job"], ["--resolve", "--cfg=job", "a=1"]),
    (["-i", "a=1"], ["--info=all", "a=1"]),
    (["a=1", "--info", "searchpath"], ["--info=searchpath", "a=1"]),
    (["-m", "--", "a=1"], ["--multirun", "a=1"]),
    (["-sc", "query=bash"], ["--shell-completion", "query=bash"]),
]


@pytest.mark.parametrize(("typed", "handed_on"), SPELLINGS)
def test_hydra_gets_options_first(typed: list[str], handed_on: list[str]) -> None:
    assert sorted(Command.parse(typed).for_hydra()) == sorted(handed_on)
    words = Command.parse(typed).for_hydra()
    assert words[-1] == handed_on[-1]
    assert words[0].startswith("-")


def test_hydra_searches_all_directories() -> None:
    words = ["--config-dir=x", "hydra.searchpath=[z]", "a=1", "--config-dir=y"]
    places = ",".join(f"'file://{Path(name).absolute()}'" for name in "xyz")
    assert Command.parse(words).for_hydra() == [f"hydra.searchpath=[{places}]", "a=1"]


WRONG = [
    (["a=1", "--hps"], "--hps: no such option. Did you mean '--help'?"),
    (["a=1", "--multi"], "--multi: no such option. Did you mean '--multirun'?"),
    (["--config-drr=x", "-x"], "--config-drr=x: no such option. Did you mean '--config-dir'?\n"
     "-x: no such option. See aetrain --help"),
    (["a=1", "--config-dir"], "--config-dir/-cd: expected one argument; correct it, see aetrain"
     " --help"),
    (["--cfg", "jobs", "a=1"], "--cfg/-c: invalid choice: 'jobs' (choose from 'job', 'hydra',"
     " 'all'); correct it, see aetrain --help"),
    (["--experimental-rerun=x.pickle"], "--experimental-rerun=x.pickle: no such option. See aetrain"
     " --help"),
    (["--cfg", "job", "-m"], "--multirun and --cfg: do not go together; leave out one"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "message"), WRONG)
def test_wrong_options(typed: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        Command.parse(typed)
    assert str(caught.value) == message
