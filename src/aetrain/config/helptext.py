"""What `aetrain --help` prints: read from the yaml files as text, so that it comes at once."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from aetrain.config.files import comments, conf_files, defaults, groups, summary

WIDTH = 100

ORDER = (
    *("model", "likelihood", "prior", "posterior", "network", "dataset", "objective"),
    *(
        "annealing",
        "conditioning",
        "corruption",
        "sparsity",
        "head",
        "adversary",
        "sampler",
        "optimizer",
        "schedule",
        "trainer",
        "callbacks",
        "logger",
        "debug",
        "experiment",
    ),
)
"""The groups, from what one chooses first to what one hardly ever touches."""

KEYS: Sequence[tuple[str, str, str]] = (
    ("latent", "train.yaml", ""),
    ("samples", "train.yaml", ""),
    ("seed", "train.yaml", ""),
    ("network.hidden", "network/mlp.yaml", ""),
    ("dataset.batch_size", "dataset/options.yaml", ""),
    ("dataset.binarize", "dataset/options.yaml", ""),
    ("dataset.root", "dataset/mnist.yaml", ""),
    ("dataset.path", "dataset/array.yaml", "your file or folder, for dataset=array, image_folder"),
    ("optimizer.lr", "optimizer/adam.yaml", "learning rate"),
    ("objective.beta", "objective/elbo.yaml", "weight of the rate; 1 is the evidence lower bound"),
    ("trainer.max_epochs", "trainer/auto.yaml", "passes over the training data at most"),
    ("trainer.max_steps", "trainer/auto.yaml", ""),
    ("trainer.devices", "trainer/auto.yaml", "number of devices, or a list such as [0,2]"),
    ("trainer.precision", "trainer/auto.yaml", ""),
    ("run.dir", "train.yaml", ""),
    ("evaluation.nll_samples", "train.yaml", ""),
    ("evaluation.probe", "train.yaml", ""),
    ("compile", "train.yaml", ""),
    ("allow", "train.yaml", ""),
)
"""(key, file that holds it, what it is where the file does not say)."""

USAGE = """\
aetrain trains an autoencoder, tests it, and keeps all that came of it in one directory.

Usage: aetrain [group=choice ...] [key=value ...]     one run
       aetrain -m group=a,b key=1,2                   a sweep: every combination, one by one
       aetrain resume=<run> [key=value ...]           go on with a run that was stopped
"""

AFTER = """\
Examples
  aetrain                                             a VAE on 1,797 digits, in under a minute
  aetrain model=vae dataset=mnist latent=20 trainer=gpu
  aetrain likelihood=gaussian dataset=array dataset.path=my.csv dataset.range=[0,255]
  aetrain -m model=ae,vae seed=0,1,2 trainer.max_epochs=20
  aetrain resume=outputs/2026-01-31/12-00-00-vae-mnist trainer.max_epochs=200

Runs
  A run lies in outputs/<date>/<time>-<model>-<dataset>/, a sweep in outputs/multirun/. Look at all
  of them with: tensorboard --logdir outputs
  results.json has the final figures, figures/ the pictures, checkpoints/ the weights.
  Ctrl-C saves and stops; resume=<run> goes on from there to the same weights.

Your own
  --config-dir DIR       more choices: with DIR/dataset/mine.yaml there is dataset=mine
  allow=[my_package]     let them name your own classes, as _target_: my_package.MyClass

Options
  -m, --multirun         a sweep; ends with one table of all jobs
  --cfg job              print the configuration and stop; add --resolve to fill in ${...}
  -h, --help             this text
  --hydra-help           options of Hydra, which composes the configuration; shell completion

Exit status: 0 done; 2 something in your input is wrong, one line says what; 1 a fault of the
program, with its traceback; 130 stopped by Ctrl-C.
"""


def help_text() -> str:
    """Return the help, at most 100 columns wide."""
    chosen = "Groups: group=choice (* is the default)"
    return "\n".join(
        [USAGE, chosen, *_choices(), "", "Keys: key=value (with the default)", *_keys(), "", AFTER]
    )


def _choices() -> Iterator[str]:
    """Yield one line for each choice of each group, in two columns and a text."""
    found, default = groups(), defaults()
    names = sorted(found, key=lambda g: (ORDER.index(g) if g in ORDER else len(ORDER), g))
    wide = max(map(len, names))
    widest = max(len(choice) for choices in found.values() for choice in choices)
    for group in names:
        own = default.get(group)
        for i, choice in enumerate(sorted(found[group], key=lambda c: (c != own, c))):
            name = group if i == 0 else ""
            star = "*" if choice == own else " "
            text = summary(conf_files() / group / f"{choice}.yaml")
            yield from _columns(f"  {name:<{wide}} {star} {choice:<{widest}}", text)


def _keys() -> Iterator[str]:
    """Yield one line for each key that is wanted often."""
    rows = [(key, *row) for key, file, text in KEYS if (row := _row(key, file, text))]
    wide, widest = (max(len(row[i]) for row in rows) for i in (0, 1))
    for key, value, text in rows:
        yield from _columns(f"  {key:<{wide}}  {value:<{widest}}", text)


def _row(key: str, file: str, text: str) -> tuple[str, str] | None:
    """Return a key's default and what it is; None where the files have no such key."""
    name = key if file == "train.yaml" else key.partition(".")[2]
    value, comment = comments(conf_files() / Path(file)).get(name, (None, ""))
    return None if value is None else (value.replace("???", "(yours)"), text or comment)


def _columns(left: str, text: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH - len(left) - 2) or [""]
    return [f"{left}  {lines[0]}".rstrip(), *(" " * (len(left) + 2) + line for line in lines[1:])]
