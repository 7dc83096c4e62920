"""Measure what each choice costs a training step, in terms of the plain one.

    python scripts/step_times.py --root data           the table, five minutes of one core
    python scripts/step_times.py --root data --write   and writes it to docs/step_times.md
    python scripts/step_times.py --only prior=flow     some rows

A choice replaces the plain one in one group, and is measured in turns with it.
"""

import argparse
import copy
import io
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from aetrain import hardware
from aetrain.autoencoder import Autoencoder
from aetrain.config.check import check_early
from aetrain.config.compose import compose
from aetrain.config.files import conf_files
from aetrain.console import console
from aetrain.errors import UserError
from aetrain.execute import execute
from aetrain.objectives.terms import batch_mean
from aetrain.world import World

PLAIN = ("dataset=mnist", "network.hidden=[500]", "latent=20", "dataset.batch_size=100")
QUIET = (
    *("++allow=[step_times]", "+callbacks.ticks._target_=step_times.Ticks", "trainer=cpu"),
    *("trainer.limit_val_batches=0", "trainer.limit_test_batches=0", "trainer.max_epochs=1"),
    *("callbacks=none", "logger=none", "evaluation.nll_samples=0"),
    "trainer.enable_progress_bar=false",
)
GROUPS = ("likelihood", "posterior", "prior", "network", "optimizer")
PARTNERS: tuple[list[str], ...] = (
    [],
    ["prior=hypersphere"],
    ["prior=categorical"],
    ["prior=bernoulli"],
    ["posterior=von_mises_fisher"],
    ["posterior=gumbel_softmax"],
    ["posterior=bernoulli"],
    ["model=ae"],
    ["model=ae", "latent=2"],
)
"""What a choice is measured with: the first of these that it goes with."""
FEW, FEWER = (10, 5), (1, 3)
"""Batches of a call, and calls that are measured after one that warms up."""
SLOW = 0.1
"""Seconds of a step above which fewer are taken."""
FACTOR = 1.3
PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "convolution", "convolution_backward")
WRITTEN = Path(__file__).parents[1] / "docs" / "step_times.md"


class Ticks(Checkpoint):
    """Takes the processor's time after each call, and keeps the model."""

    model: ClassVar[Autoencoder]
    seen: ClassVar[list[tuple[int, float]]] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Forget the lap before."""
        Ticks.model, Ticks.seen = pl_module, []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Note steps and time."""
        Ticks.seen.append((pl_module.position.step, time.process_time()))


@cache
def composed(words: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the configuration of a command line, and its choices."""
    found = compose([*QUIET, *words])
    return check_early(found.cfg), dict(found.choices)


def lap(words: tuple[str, ...], call: int, calls: int) -> float:
    """Train with aetrain and return the processor's seconds of a step.

    Arguments:
        words: the command line.
        call: batches of one call of `training_step`.
        calls: of how many calls the time is taken, after one that warms up.
    """
    config, choices = composed(words)
    config = copy.deepcopy(config)
    config["trainer"] |= {"steps_per_call": call, "limit_train_batches": call * (1 + calls)}
    before, console.file = console.file, io.StringIO()
    try:
        with tempfile.TemporaryDirectory() as folder:
            execute(config, choices, [], directory=Path(folder))
    finally:
        console.file = before
    (first, begin), *_, (last, end) = Ticks.seen
    return (end - begin) / (last - first)


class Kernels(TorchDispatchMode):
    """Counts the kernels called that write numbers, the numbers, and the thread's own time."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = self.numbers = 0
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call, and count where the result is no view."""
        begin = time.thread_time()
        out = func(*args, **(kwargs or {}))
        self.seconds[func.overloadpacket.__name__] += time.thread_time() - begin
        if not func.is_view:
            made = out if isinstance(out, tuple | list) else [out]
            self.calls += 1
            self.numbers += sum(x.numel() for x in made if isinstance(x, torch.Tensor))
        return out


@dataclass(frozen=True)
class Work:
    """What the terms of a batch come to, forward and backward.

    Attributes:
        flops: floating-point operations of products and convolutions.
        weights: numbers that are trained.
        kernels: calls, numbers written and time.
    """

    flops: int
    weights: int
    kernels: Kernels


def work(model: Autoencoder) -> Work:
    """Count what a step of a model does."""
    item = model.data.train_dataloader().batch_at(0, 0)
    batch = model.data.batch(item, torch.device("cpu"))

    def step() -> None:
        for player in model.players().values():
            terms = [batch_mean(t, item.examples, World()) for t in player.terms(batch).values()]
            torch.stack(terms).sum().backward()

    model.train()
    with FlopCounterMode(display=False) as flops:
        step()
    with Kernels() as kernels:
        step()
    weights = sum(p.numel() for player in model.players().values() for p in player.parameters())
    return Work(flops.get_total_flops(), weights, kernels)


@dataclass(frozen=True)
class Row:
    """What a choice costs in terms of the plain one; `refusal` says why it cannot be measured."""

    choice: str
    partner: str = ""
    ratios: Sequence[float] = ()
    own: Work | None = None
    refusal: str = ""

    def cells(self, plain: Work) -> list[str]:
        """Return the cells of the table."""
        name = f"{self.choice} {self.partner}".strip()
        if self.own is None:
            return [name, *[""] * 6, self.refusal]
        own, time_ratio = self.own, median(self.ratios)
        arithmetic = own.flops / plain.flops
        counts = (
            arithmetic,
            own.weights / plain.weights,
            own.kernels.numbers / plain.kernels.numbers,
            own.kernels.calls / plain.kernels.calls,
        )
        slow = time_ratio > FACTOR * max(1.0, arithmetic)
        return [
            name,
            f"{time_ratio:.2f}",
            f"{min(self.ratios):.2f} to {max(self.ratios):.2f}",
            *(f"{count:.1f}" for count in counts),
            _rest(own.kernels, plain.kernels, time_ratio) if slow else "",
        ]


def _rest(own: Kernels, plain: Kernels, time_ratio: float) -> str:
    """Say what takes the time that products do not."""
    more = {k: s - plain.seconds[k] for k, s in own.seconds.items() if k not in PRODUCTS}
    named = ", ".join(sorted(more, key=lambda name: -more[name])[:3])
    if own.calls / plain.calls < 1.1:
        return "the update of the weights"
    small = own.calls / plain.calls > max(time_ratio, own.numbers / plain.numbers)
    return f"{'many small kernels' if small else 'many numbers'}: {named}"


def measured(choice: str, base: Sequence[str], rounds: int) -> Row:
    """Measure a choice in turns with the plain one, with the first partner that it goes with."""
    network = choice.startswith("network=")
    own = [word for word in base if not (network and word.startswith("network."))]
    refusal = ""
    for partner in PARTNERS:
        words = (*own, choice, *partner)
        try:
            slow = lap(words, 1, 1) > SLOW
        except UserError as error:
            refusal = refusal or f"refused: {error}"
            continue
        found, ratios = work(Ticks.model), []
        for _ in range(rounds):
            plain = lap(tuple(base), *FEW)
            ratios.append(lap(words, *(FEWER if slow else FEW)) / plain)
        return Row(choice, " ".join(partner), ratios, found)
    return Row(choice, refusal=refusal)


HEADER = ("choice", "time", "rounds", "arithmetic", "weights", "numbers", "kernels", "the rest")
PAGE = """# What a choice costs a step

Written by `{command}` on {machine}.

Each row replaces one choice of the plain variational autoencoder, `{plain}` with
`likelihood=bernoulli`, `posterior=diagonal_gaussian`, `prior=standard_normal`, `network=mlp` and
`optimizer=adam`, and goes with a partner where it needs one. All columns are ratios to that plain
one, whose step takes {seconds:.1f} ms on one thread.

- **time**: the process's own time of a step in Lightning's loop, optimizer included, on one thread;
  the median of {rounds} rounds in turns, and their least and most. Other programs hardly count, but
  share the caches: the plain choices, measured against themselves, show the error.
- **arithmetic**: floating-point operations of products and convolutions in the terms, forward and
  backward. **weights**: what the optimizer updates. **numbers**: all that the kernels of the terms
  write, forward and backward. **kernels**: how many are called.
- **the rest**: where the time is more than {factor} times the arithmetic, whether it goes to
  numbers or to the calling of kernels, and the three kernels that take most of it.

[families.md](families.md#which-choices-are-slow-and-why) says which choices are slow, and why.

{table}
"""


def page(rows: Sequence[Row], plain: Work, seconds: float, given: argparse.Namespace) -> str:
    """Return the table and what it means as Markdown."""
    lines = [f"| {' | '.join(HEADER)} |", f"|---|{'--:|' * 6}---|"]
    lines += [f"| {' | '.join(row.cells(plain))} |" for row in rows]
    return PAGE.format(
        command="python scripts/step_times.py --root <folder> --write",
        machine=f"{hardware.name('cpu')}, torch {torch.__version__}",
        plain=" ".join(PLAIN),
        seconds=1e3 * seconds,
        rounds=given.rounds,
        factor=FACTOR,
        table="\n".join(lines),
    )


def main() -> int:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--root", default="data", help="folder that holds MNIST/raw")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], help="choices such as prior=flow")
    parser.add_argument("--write", action="store_true", help=f"write {WRITTEN.name}")
    given = parser.parse_args()
    base = (*PLAIN, f"dataset.root={given.root}", "dataset.download=false")
    rows: list[Row] = []
    seconds = median(lap(base, *FEW) for _ in range(given.rounds))
    plain = work(Ticks.model)
    for choice in choices():
        if not given.only or choice in given.only:
            rows.append(measured(choice, base, given.rounds))
            print(" | ".join(rows[-1].cells(plain)), flush=True)
    if given.write:
        WRITTEN.write_text(page(rows, plain, seconds, given), encoding="utf-8")
    return 0


def choices() -> list[str]:
    """Return the choices of all groups, such as prior=flow."""
    files = [path for group in GROUPS for path in sorted((conf_files() / group).glob("*.yaml"))]
    return [f"{path.parent.name}={path.stem}" for path in files]


if __name__ == "__main__":
    from step_times import main as of_module  # aetrain finds `step_times.Ticks` by this name

    sys.exit(of_module())
