"""Try combinations of model, likelihood, posterior, prior, network and dataset.

    python scripts/combinations.py              a covering array: every pair of choices; writes docs
    python scripts/combinations.py --triples    every three choices of which any two go together
    python scripts/combinations.py --all        the full product, days; prints a summary
    python scripts/combinations.py --all --part 0/2   every second of its rows

Each combination fits two batches, with finite terms and a gradient for every parameter that is
trained, or is refused by a `UserError`. Anything else is a fault: exit status 1. Data are small and
made here, of each data set's shape and values; the digits are the real ones.
"""

import argparse
import copy
import functools
import itertools
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from combinations_page import Pair, ordered, read, written
from omegaconf import OmegaConf
from PIL import Image

from aetrain import agreement, build, making, pieces, planning
from aetrain.autoencoder import Autoencoder
from aetrain.config.compose import compose
from aetrain.config.files import groups
from aetrain.data.module import DataModule
from aetrain.data.table import Memory, Splits
from aetrain.data.vision import Vision
from aetrain.errors import UserError
from aetrain.evolving import Evolving
from aetrain.game import Game
from aetrain.job import assemble
from aetrain.world import World

AXES = ("model", "likelihood", "posterior", "prior", "network", "corruption", "dataset")
Row = tuple[str, ...]
"""A choice of each axis."""
Choice = tuple[int, str]
"""A choice of an axis."""

HIDDEN = {"mlp": "[8]", "tied": "[8]", "attention": "[8,8]"}
COMPONENTS = {"vamp": ["prior.components=3"]}
"""Each is encoded at every step, of 64x64 pixels with attention a gigabyte at a time."""
SMALL = (
    "latent=2",
    "dataset.batch_size=4",
    "dataset.valid=4",
    "dataset.test=4",
    "dataset.limit=12",
    "sampler=prior",  # the others need more codes than these
)
PLAIN = ("vae", "bernoulli", "diagonal_gaussian", "standard_normal", "mlp", "none", "digits")
"""The row that the defaults are."""
PAGE = Path(__file__).parents[1] / "docs" / "combinations.md"


def axes() -> list[list[str]]:
    """Return the choices of each axis; data sets whose path the user gives come as small files."""
    found = [list(groups()[axis]) for axis in AXES]
    found[-1].append("array:counts")
    return found


class Data:
    """Small data in a folder, and the overrides that name them.

    Arguments:
        folder: an existing folder to write to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, draws = folder, np.random.default_rng(0)
        np.save(folder / "real.npy", draws.normal(size=(20, 6)).astype(np.float32))
        np.save(folder / "counts.npy", draws.poisson(3.0, (20, 6)).astype(np.float32))
        (folder / "images").mkdir()
        for number in range(16):
            pixels = draws.integers(0, 256, (10, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"images/{number}.png")
        squares, factors = np.zeros((16, 64, 64), np.uint8), np.zeros((16, 6), np.int64)
        for number in range(16):
            squares[number, 20 : 30 + number, 30 : 40 + number] = 1
            factors[number, 2] = number
        np.savez_compressed(folder / "dsprites.npz", imgs=squares, latents_classes=factors)
        few = [f"dataset.{factor}=2" for factor in ("scales", "rotations", "positions")]
        self.overrides = {
            "array": ["dataset=array", f"dataset.path={folder}/real.npy"],
            "array:counts": ["dataset=array", f"dataset.path={folder}/counts.npy"],
            "image_folder": ["dataset=image_folder", f"dataset.path={folder}/images"],
            "sprites": ["dataset=sprites", "dataset.size=12", *few],
            "dsprites": ["dataset=dsprites", f"dataset.path={folder}/dsprites.npz"],
        }

    def of(self, name: str) -> list[str]:
        """Return the overrides of a data set."""
        return self.overrides.get(name, [f"dataset={name}"])


def _made_up(source: Vision) -> Splits:
    """Return random bytes of a data set's shape; reading its files is tested elsewhere."""
    draws = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (16, *source.event), dtype=torch.uint8, generator=draws)
    table = Memory(x, torch.arange(16) % 10)
    return Splits(table, test=table, raw=source.raw)


@functools.cache
def composed(*overrides: str) -> dict[str, Any]:
    """Return the configuration of a command line; an axis is a node of its own."""
    config: Any = OmegaConf.to_container(compose(overrides).cfg, resolve=True)
    return config


def attempt(row: Row, data: Data) -> str | None:
    """Fit two batches of every stage; return None where that goes well, else the refusal's text.

    Raises:
        AssertionError: where a term or gradient is not finite, or a parameter has none.
        Exception: any other is a fault of the program.
    """
    chosen: dict[str, str] = dict(zip(AXES, row, strict=True))
    config = copy.deepcopy(composed(f"model={chosen['model']}", *SMALL))
    for axis, name in chosen.items():
        if axis == "network":
            hidden = HIDDEN.get(name, "[4,6]")
            config[axis] = composed(f"network={name}", f"network.hidden={hidden}")[axis]
        elif axis == "dataset":
            config[axis] = copy.deepcopy(composed(*data.of(name), *SMALL)[axis])
        elif axis != "model":
            words = (f"{axis}={name}", *COMPONENTS.get(name, []))
            config[axis] = copy.deepcopy(composed(*words)[axis])
    try:
        with patch.object(Vision, "load", _made_up):
            parts = assemble(config, chosen, None, "cpu")
    except UserError as refusal:
        return str(refusal).splitlines()[0].replace(str(data.folder), "<folder>")
    parts.model.prepare(parts.data)
    for stage in range(len(parts.model.stages)):
        parts.model.position.stage = stage
        _fit_two(parts.model, parts.data)
    return None


def _fit_two(model: Autoencoder, data_module: DataModule) -> None:
    """Fit two batches of the present stage."""
    with model.conditioned_by_none():
        model.begin_stage(data_module)
    players = model.players()
    optimizers = {name: model.plan.optimizer(p.parameters()) for name, p in players.items()}
    game = Game(players, optimizers, model.plan, total_steps=2)
    items = [item for call in data_module.train_dataloader() for item in call]
    for step, item in enumerate(items[:2]):
        cpu, corrupted = torch.device("cpu"), model.stage.corrupted
        batch = data_module.batch(item, cpu, corrupted=corrupted)
        with model.conditioned(batch, dropped=True):
            costs = game.play(batch, item.examples, step, True)
        for module in model.modules():
            if isinstance(module, Evolving):
                module.after_step(step + 1, 2, World())
        for name, cost in costs.items():
            assert cost.isfinite(), f"{name} is {cost.item()} at step {step}"
    of_players = {id(p) for player in players.values() for p in player.parameters()}
    for name, parameter in model.named_parameters():
        if id(parameter) in of_players:
            assert parameter.grad is not None, f"{name} has no gradient"
            assert parameter.grad.isfinite().all(), f"the gradient of {name} is not finite"


def pairs(row: Row) -> Iterator[Pair]:
    """Yield the pairs of choices in a row."""
    for (i, a), (j, b) in itertools.combinations(enumerate(row), 2):
        yield i, a, j, b


@dataclass
class Cover:
    """What a covering array came to.

    Attributes:
        fits: pair -> a row with it that fits.
        refused: pair -> the reason of a row with it, where no row with it was found to fit.
        faults: row -> what went wrong.
        rows: rows tried.
    """

    fits: dict[Pair, Row] = field(default_factory=dict)
    refused: dict[Pair, str] = field(default_factory=dict)
    faults: dict[Row, str] = field(default_factory=dict)
    rows: dict[Row, str | None] = field(default_factory=dict)

    def take(self, row: Row, data: Data) -> bool:
        """Try a row, unless it was tried; return whether it fits."""
        if row in self.faults:
            return False
        if row not in self.rows:
            try:
                self.rows[row] = attempt(row, data)
            except Exception as error:
                self.faults[row] = f"{type(error).__name__}: {error}"
                return False
        if self.rows[row] is None:
            self.fits |= {pair: row for pair in pairs(row) if pair not in self.fits}
        return self.rows[row] is None


def cover(data: Data, tries: int = 6, seed: int = 0, known: Cover | None = None) -> Cover:
    """Cover every pair, see `_cover`; each choice's partial is made once."""
    with _remembering():
        return _cover(data, tries, seed, known)


def _cover(data: Data, tries: int, seed: int, known: Cover | None) -> Cover:
    """Try rows until every pair of choices is in one that fits, or is refused in several rows.

    The other axes of a pair are first choices of which the most new pairs would be covered and none
    that was refused, then those of the plain row, which tell whether it is this pair that is
    refused, then ones that have served it well. Where it is known what comes out, few rows show it
    again: one for a pair that is refused, and for the others hardly any that is.
    """
    chance, choices, done = random.Random(seed), axes(), Cover()
    todo = [
        (i, a, j, b)
        for i, j in itertools.combinations(range(len(AXES)), 2)
        for a in choices[i]
        for b in choices[j]
    ]
    chance.shuffle(todo)
    for pair in todo:
        for number in (1,) if known and pair in known.refused else range(tries + 1):
            if pair in done.fits:
                break
            chosen = {pair[0]: pair[1], pair[2]: pair[3]}
            row = _completed(chosen, choices, done, chance, number, known)
            if not done.take(row, data) and row in done.rows:
                why = str(done.rows[row])
                done.refused[pair] = why
                words = (f"{AXES[pair[0]]}={pair[1]}", f"{AXES[pair[2]]}={pair[3]}")
                if known is None and all(word in why for word in words):
                    break  # it is this pair that is refused
    done.refused = {pair: why for pair, why in done.refused.items() if pair not in done.fits}
    return done


def _completed(
    chosen: Mapping[int, str],
    choices: list[list[str]],
    done: Cover,
    chance: random.Random,
    number: int,
    known: Cover | None = None,
) -> Row:
    """Return a row with these choices: greedy, then plain, then ever more at random."""
    row, known = dict(chosen), known or done
    if number == 1:
        row = {**dict(enumerate(PLAIN)), **row}
    for axis in chance.sample(range(len(choices)), len(choices)):
        if axis in row:
            continue

        def worth(name: str, axis: int = axis) -> float:
            met = [ordered(axis, name, other, row[other]) for other in row]
            refused = sum(pair in known.refused and pair not in known.fits for pair in met)
            new = sum(pair not in done.fits for pair in met)
            fitting = sum(pair in known.fits for pair in met)
            promise = 10 * fitting if number else 2 * new - 6 * refused
            return promise + chance.random() * (4 if number > 2 else 1)

        row[axis] = max(choices[axis], key=worth)
    return tuple(row[axis] for axis in range(len(choices)))


def triples(data: Data, tries: int = 3, seed: int = 0) -> tuple[Cover, int, int]:
    """Try every three choices of which any two go together, in up to so many rows.

    Returns:
        What was tried, that of the pairs included; how many triples are in a row that fits; how
        many were refused in each row that was tried.
    """
    done = cover(data)
    chance = random.Random(seed)
    with _remembering():
        fitting = [row for row, why in done.rows.items() if why is None]
        met = {triple for row in fitting for triple in _triples_of(row)}
        choices = axes()
        todo = [triple for triple in _fitting_triples(done) if triple not in met]
        chance.shuffle(todo)
        for triple in todo:
            for number in range(2, tries + 2):
                if triple in met:
                    break
                row = _completed(dict(triple), choices, done, chance, number)
                if done.take(row, data):
                    met |= set(_triples_of(row))
    return done, len(met), sum(triple not in met for triple in todo)


def _triples_of(row: Row) -> Iterator[tuple[Choice, ...]]:
    return itertools.combinations(enumerate(row), 3)


def _fitting_triples(done: Cover) -> Iterator[tuple[Choice, ...]]:
    """Yield three choices of different axes of which each two are in a row that fits."""
    named = list(enumerate(axes()))
    for (i, first), (j, second), (k, third) in itertools.combinations(named, 3):
        for a, b, c in itertools.product(first, second, third):
            if {(i, a, j, b), (i, a, k, c), (j, b, k, c)} <= done.fits.keys():
                yield (i, a), (j, b), (k, c)


def product(data: Data, part: int, parts: int) -> Counter[str]:
    """Try every combination whose number is `part` modulo `parts`; print faults as they come.

    Corruptions do not multiply their number: they take turns.
    """
    outcomes: Counter[str] = Counter()
    with _remembering():
        for row in itertools.islice(_all_rows(), part, None, parts):
            try:
                outcomes["fits" if attempt(row, data) is None else "refused"] += 1
            except Exception as error:
                outcomes["fault"] += 1
                print("fault", ",".join(row), f"{type(error).__name__}: {error}", flush=True)
    return outcomes


def _all_rows() -> Iterator[Row]:
    place, choices = AXES.index("corruption"), axes()
    turns = itertools.cycle(choices.pop(place))
    for row in itertools.product(*choices):
        yield (*row[:place], next(turns), *row[place:])


@contextmanager
def _remembering() -> Iterator[None]:
    """Let each choice's partial be made once."""
    remembered = _remembered(making.make)
    with ExitStack() as stack:
        for module in (agreement, build, pieces, planning):
            stack.enter_context(patch.object(module, "make", remembered))
        yield


def _remembered(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return `make` that makes the partial of a node but once: half of a combination's time."""
    partials: dict[str, Any] = {}

    def remembered(node: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        if not node.get("_partial_") or args or kwargs:
            return make(node, *args, **kwargs)
        key = repr(node)
        if key not in partials:
            partials[key] = make(node)
        return partials[key]

    return remembered


def page(done: Cover) -> str:
    """Return the matrices as Markdown."""
    return written(AXES, axes(), done.fits, done.refused)


def known() -> Cover:
    """Return what the page says, without the rows that showed it."""
    fits, refused = read(PAGE.read_text(), AXES, axes())
    return Cover(dict.fromkeys(fits, ()), refused)


def main() -> int:
    """Carry out what the arguments ask for."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--all", action="store_true", help="the full product instead")
    parser.add_argument("--triples", action="store_true", help="three choices at a time as well")
    parser.add_argument("--part", default="0/1", help="K/N: every N-th row, from row K")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Data(Path(folder))
        if given.all:
            part, parts = map(int, given.part.split("/"))
            outcomes = product(data, part, parts)
            print(dict(outcomes))
            return 1 if outcomes["fault"] else 0
        if given.triples:
            done, fit, refused = triples(data)
            print(f"triples of choices that go together: {fit} fit, {refused} were refused")
        else:
            done = cover(data)
    for row, fault in done.faults.items():
        print("fault", ",".join(row), fault)
    fitted = sum(why is None for why in done.rows.values())
    print(
        f"{len(done.rows)} rows, {fitted} fitted; pairs: {len(done.fits)} fit,"
        f" {len(done.refused)} refused; {len(done.faults)} faults"
    )
    if not (done.faults or given.triples):
        PAGE.write_text(page(done))
    return 1 if done.faults else 0


if __name__ == "__main__":
    sys.exit(main())
