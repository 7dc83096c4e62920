"""Write docs/ae.md: the page of the command ae, from its own help.

python scripts/ae_reference.py
"""

from collections.abc import Iterator
from pathlib import Path

import click

from aetrain.cli.program import SETTINGS, VERBS, ae

PAGE = Path(__file__).parents[1] / "docs" / "ae.md"
WIDTH = 100

HEAD = """\
# The command ae

Made by `scripts/ae_reference.py` from the command's own help; do not edit it here.

`aetrain` trains; `ae` does all that one does with a finished run. Nothing is trained again, no run
is changed but for the files that a verb says it writes, and no checkpoint can run code.

**Runs.** A run is its directory, a checkpoint, or the word `last` for the newest one under
`outputs/`. Classes of your own need `--allow my_package`, as in training.

**Examples** are files, or `train`, `valid`, `test` for the run's own data, whose place can be named
anew with `-d root=DIR` or `-d path=FILE`. `NAME:7` is row 7 alone, counted from 0. Files are read
as the data sets `array` and `image_folder` read them: numbers in the units of the training's files,
images of any size, which are stretched to the model's. They are then scaled, and binarised by a
draw that is a function of `--seed`, where the training did so. With `--scaled` numbers are taken,
and written, as the model sees them. The data of the training need not be there.

**Outputs.** `-o NAME` says by its end what is written: `.png` one picture, `.npz`, `.npy`, `.csv`
numbers, a name without an end a folder of PNGs. Numbers and folders are written block by block, so
memory does not grow with their count. `--json` prints figures and paths for other programs.

**Measures** of `ae evaluate` with `-m bound` or `-m nll` are the run's own test again, block by
block with the same random numbers: on all test examples, with the same K, they equal those of
results.json. What it finds is kept in the run's `evaluation.json`, which `ae runs` and `ae show`
read beside results.json. A training run measures the codes itself with `evaluation.probe=N`.

- Linear probe: multinomial logistic regression on standardised codes (means of q(z|x)) of at most
  `--codes` training examples; C by five-fold cross-validation among 0.001 ... 1000. k-NN: the vote
  of 5 nearest training codes, Euclidean, codes as they are. SVM: a Gaussian kernel, fitted to at
  most 2,000 of them, C by cross-validation among 0.1 ... 100. Of a run with `dataset.labelled=N`
  the training codes are those N. All are judged on the test examples; the 95 % interval (Wilson's)
  covers the chance of drawing those, not that of training again.
- `ae manifold` places at most `-n` examples. PCA and LDA map new points and are fitted to training
  examples, as the run was; t-SNE, Isomap and LLE can only place the points they are fitted to. No
  method sees the labels of what it places. In a plane of a wide code are its two principal axes.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, _block(_help(ae, None)), ""]
    for verb in VERBS:
        parts += [f"## ae {verb.name}", "", _block(_help(verb, _context(ae, None))), ""]
    return "\n".join(parts).rstrip() + "\n"


def _context(command: click.Command, parent: click.Context | None) -> click.Context:
    name = "ae" if parent is None else command.name
    settings = SETTINGS if parent is None else {}
    return click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, **settings)


def _help(command: click.Command, parent: click.Context | None) -> str:
    return command.get_help(_context(command, parent))


def _block(text: str) -> str:
    return "\n".join(_lines(text))


def _lines(text: str) -> Iterator[str]:
    yield "```text"
    for line in text.splitlines():
        yield line.rstrip()
    yield "```"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
