"""Wrong command lines get one line each, help is quick, words are completed."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest

import aetrain
from aetrain.cli.program import VERBS
from aetrain.cli.program import ae as program
from tests.cli.conftest import Ae

RUN = "RUN"
"""Stands for a run of digits."""

WRONG = [
    ("evalute x", "No such command 'evalute'. Did you mean 'evaluate'?"),
    ("evaluate", "Missing argument 'RUNS...'; use ae evaluate --help"),
    ("evaluate nowhere", "nowhere: no such run directory; runs are under outputs/"),
    ("evaluate RUN -m nlll", "'nlll' is not one of 'bound', 'nll'"),
    ("evaluate RUN -k 0", "Invalid value for '-k' / '--samples': 0 is not in the range x>=1"),
    ("evaluate RUN -d size=3", "dataset.size=3: must be one of workers"),
    ("evaluate RUN --device cuda", "--device cuda: no such device here; use --device cpu"),
    (
        "sample RUN -o x.jpeg",
        "-o x.jpeg: must end in .png, .pdf, .svg, .npz, .npy, .csv or the name",
    ),
    ("sample RUN -n 5000 -o x.png", "5000 examples: one picture takes 1024; use -o with a folder"),
    ("sample RUN --colour", "No such option"),
    ("sample RUN -o /proc/x/s.npz", "/proc/x/s.npz: cannot be written"),
    ("encode RUN none.npy", "none.npy: no such file; choose a file, or train, valid or test"),
    ("encode RUN test -o codes.txt", "-o codes.txt: must end in .npz, .npy, .csv"),
    ("decode RUN wide.npy", "wide.npy: holds (3,) float64 for each row, but a code of this model"),
    (
        "decode RUN text.csv",
        "row 1, column 1: 'a' is not a number; mend it, or name labels with --label",
    ),
    ("decode RUN pickle.npy", "pickle.npy: is damaged, or no numbers (Object arrays cannot be"),
    ("interpolate RUN test:0", "Missing argument 'B'; use ae interpolate --help"),
    ("interpolate RUN test:0 test:900", "test:900: there are 60 rows; choose one from 0"),
    ("interpolate RUN test test:1", "test: holds 60 examples; choose one of them, as test:0"),
    ("traverse RUN --at valid", "valid: holds 60 examples; choose one of them, as valid:0"),
    ("traverse RUN --span nan", "'--span': nan is not a finite number"),
    ("traverse RUN --span inf", "'--span': inf is not a finite number"),
    ("denoise RUN test --noise gaussian --level nan", "'--level': nan is not a finite number"),
    ("traverse RUN --dim 2", "--dim 2: a code has 2 numbers; choose from 0 to 1"),
    ("manifold RUN -n 20 --neighbours 10", "neighbours=10: must be below half of the 20 points"),
    ("denoise RUN none.zip", "none.zip: no such file"),
    ("denoise RUN test --level 1", "--level 1: there is no noise that it is of; use --noise too"),
    ("denoise RUN test --noise masking --level 2", "corruption.level=2.0: must be from 0 to 1"),
    ("search RUN", "Missing argument 'QUERY'; use ae search --help"),
    ("search RUN none.png", "none.png: no such file; choose a file, or train, valid or test"),
    ("search RUN test:900", "test:900: there are 60 rows; choose one from 0"),
    ("search RUN test:0 valid -n 61", "-n 61: there are 60 examples to be found; use -n 60"),
    ("search RUN test:0 test -n 60", "-n 60: there are 59 examples to be found; use -n 59"),
    ("search RUN test:0 --metric hamming", "--metric hamming: the codes of this model are no bits"),
    ("search RUN test:0 --metric manhattan", "'manhattan' is not one of 'euclidean', 'cosine'"),
    ("search RUN test -n 30", "60 queries with 30 neighbours each: too many for one picture"),
    ("search RUN test:0 -o found.npz", "-o found.npz: must end in .png, .pdf, .svg, .csv, .json"),
    ("search RUN wide.npy test", "wide.npy: its examples have the shape (3,), but the model"),
    ("show RUN -f none", "--figure none: the run has no such figure; choose from"),
    ("runs none", "none: no such folder; choose one that holds runs, such as outputs"),
]


@pytest.mark.parametrize(("line", "message"), WRONG)
def test_wrong_command_lines(line: str, message: str, trained_run: Path, here: Path, ae: Ae):
    np.save("wide.npy", np.zeros((2, 3)))
    np.save("pickle.npy", np.array([{}], dtype=object), allow_pickle=True)
    Path("text.csv").write_text("a,1\nb,2\n")
    status, out, err = ae(*(str(trained_run) if w == RUN else w for w in line.split()))
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("ae: ")
    assert len(err.splitlines()) == 1


def test_every_verb_has_examples_and_a_word_for_each_option(ae: Ae):
    for verb in VERBS:
        status, out, _ = ae(verb.name, "--help")
        assert status == 0
        assert "Examples\n    ae " in out
        assert max(map(len, out.splitlines())) <= 100
        options = [p for p in verb.params if isinstance(p, click.Option)]
        assert all(o.help or o.name == "span" for o in options)


def test_no_verb_and_the_version(ae: Ae):
    assert ae()[:2] == ae("--help")[:2]
    assert ae("--version")[1] == f"ae {aetrain.__version__}\n"
    assert set(program.commands) == {verb.name for verb in VERBS}


def spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("line", ["--help", "encode --help", "evalute"])
def test_help_and_mistakes_are_quick(line: str):
    before = spent()
    subprocess.run([sys.executable, "-m", "aetrain.cli", *line.split()], check=False)
    assert spent() - before < 0.5  # seconds; torch alone takes two


PLACES = {
    "encode": ["test"], "decode": ["z.npy"], "reconstruct": ["test"], "denoise": ["test"],
    "interpolate": ["test:0", "test:1"], "search": ["test:0"], "compare": ["none"],
}  # fmt: skip
"""What verbs need beside a run."""


def test_no_verb_imports_torch_for_a_run_that_there_is_not(tmp_path: Path):
    for run in ("r", "s"):
        (tmp_path / run / "checkpoints").mkdir(parents=True)
        (tmp_path / run / "config.yaml").touch()
        (tmp_path / run / "checkpoints/last.ckpt").touch()
    lines = [[verb.name, "none", *PLACES.get(verb.name or "", [])] for verb in VERBS]
    lines += [["evaluate", "r", "none"], ["evaluate", "r", "--features", "none"]]
    lines += [["compare", "r", "s", "--study", "limits", "--classifier", "none"]]
    code = (
        "import sys; from aetrain.cli.program import main\n"
        f"assert [main(line) for line in {lines}] == [2] * {len(lines)}\n"
        "assert not {'torch', 'numpy', 'pytorch_lightning'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = done.stderr.splitlines()
    assert len(told) == len(lines)
    assert told[5] == "ae: none: no such run directory; runs are under outputs/"
    for line, option in zip(told[-2:], ("--features", "--classifier"), strict=True):
        assert line == f"ae: {option} none: none: no such run directory; runs are under outputs/"


def test_words_are_completed():
    environment = os.environ | {
        "_AE_COMPLETE": "bash_complete",
        "COMP_WORDS": "ae evaluate --mea",
        "COMP_CWORD": "2",
    }
    code = "import sys; from aetrain.cli.program import main; sys.exit(main([]))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "plain,--measure\n", done.stderr
