"""What `ae runs` says of runs that have not ended."""

import json
from pathlib import Path

import pytest

import aetrain
from aetrain.errors import Interrupted
from aetrain.run import Run
from tests.cli.conftest import Ae
from tests.conftest import TINY

STOP = ["+callbacks.stop._target_=tests.two_stages.Stop", "allow=[tests.two_stages]"]


def rows(ae: Ae) -> dict[str, list[str]]:
    status, out, err = ae("runs")
    assert (status, err) == (0, "")
    head, *lines = out.splitlines()
    named = [dict(zip(head.split(), line.split(), strict=True)) for line in lines]
    return {
        row["run"]: [row[k] for k in ("model", "dataset", "latent", "epochs", "state")]
        for row in named
    }


def test_a_run_that_was_stopped(here: Path, ae: Ae) -> None:
    job = [*TINY, "trainer.max_epochs=9", "model=ae", "trainer.log_every_n_steps=1"]
    job += ["trainer.steps_per_call=1"]
    with pytest.raises(Interrupted):
        aetrain.train([*job, *STOP, "+callbacks.stop.step=8", "run.dir=outputs/a"])
    aetrain.train([*TINY, "run.dir=outputs/b"])
    assert rows(ae) == {
        "a": ["ae", "digits", "2", "2", "stopped"],
        "b": ["vae", "digits", "2", "2", "-"],
    }
    (facts, _) = json.loads(ae("runs", "--json")[1])
    assert (facts["steps"], facts["state"]) == (8, "stopped")
    assert [line.split()[0] for line in ae("runs", "-w", "state=stopped")[1].splitlines()][1:] == [
        "a"
    ]
    run = Run(Path("outputs/a"))
    with run.held():
        assert run.is_running()
        assert rows(ae)["a"][-1] == "running"
    assert not run.is_running()


def test_a_run_is_running_while_it_trains(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = list[bool]()
    write = Run.write_results
    monkeypatch.setattr(
        Run, "write_results", lambda run, of: (seen.append(run.is_running()), write(run, of))
    )
    aetrain.train([*TINY, "run.dir=r"])
    assert seen == [True]
    assert not Run(Path("r")).is_running()


def test_a_run_that_has_nothing_yet(here: Path, ae: Ae) -> None:
    Path("outputs/a/checkpoints").mkdir(parents=True)
    Path("outputs/a/config.yaml").write_text("latent: 3\n")
    assert ae("runs")[1].split() == ["run", "latent", "state", "a", "3", "stopped"]


def test_a_run_that_has_come_to_an_end_and_goes_on(here: Path, ae: Ae) -> None:
    job = [*TINY, "trainer.log_every_n_steps=1", "trainer.steps_per_call=1", "run.dir=outputs/a"]
    aetrain.train([*job, *STOP, "+callbacks.stop.step=-1"])
    with Run(Path("outputs/a")).held():
        assert rows(ae)["a"][-1] == "running"
    assert "state" not in ae("runs")[1]
    more = ["resume=outputs/a", "trainer.max_epochs=4", "allow=[tests.two_stages]"]
    with pytest.raises(Interrupted):
        aetrain.train([*more, "callbacks.stop.step=8"])
    assert rows(ae)["a"][-2:] == ["2", "stopped"]  # epochs are those of its figures
    aetrain.train([*more, "callbacks.stop.step=-1"])
    assert "state" not in ae("runs")[1]


@pytest.mark.parametrize(
    ("damaged", "known"),
    [
        (b"\0" * 200_000, {"steps": 20, "epochs": 2}),
        (b"nan,nan\n", {"steps": 20, "epochs": 2}),
        (b"inf,1e999\n", {"steps": 20, "epochs": 2}),
        (b"\xff\xfe,\xff\n", {"steps": 20, "epochs": 2}),
        (b",\n30", {"steps": 30, "epochs": 2}),
        (b'"' + b"x" * 200_000, {"steps": 20, "epochs": 2}),
    ],
)
@pytest.mark.parametrize("results", [False, True])
def test_a_damaged_log_ends_no_table(
    damaged: bytes, known: dict[str, int], results: bool, here: Path, ae: Ae
) -> None:
    run = Path("outputs/a")
    (run / "checkpoints").mkdir(parents=True)
    (run / "config.yaml").write_text("latent: 3\n")
    (run / "choices.yaml").write_bytes(b"\xff")
    (run / "metrics.csv").write_bytes(b"step,speed/epoch\n10,1.0\n20,2.0\n" + damaged)
    if results:
        (run / "results.json").write_text('{"steps": 20, "epochs": 2}')
        known = {"steps": 20, "epochs": 2}
    status, out, err = ae("runs", "--json")
    assert (status, err) == (0, "")
    (facts,) = json.loads(out)
    assert {name: facts[name] for name in known} == known
    assert facts.get("state") == (None if results else "stopped")
