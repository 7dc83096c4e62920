"""A data set as the trainer sees it."""

import math
from typing import final

import pytorch_lightning as pl
import torch
from torch import Tensor

from aetrain.data.loader import Blocks, Calls, Item
from aetrain.data.split import View, divide, in_memory
from aetrain.data.table import Memory, Source, Table
from aetrain.data.transform import Binarize, FixedDraw, Transform, chosen_binarize
from aetrain.errors import UserError
from aetrain.player import Batch
from aetrain.position import Position
from aetrain.seeding import EVALUATE, seed_torch
from aetrain.values import BINARY, UNIT, Values
from aetrain.world import World

SPLITS = ("train", "valid", "test")


@final
class DataModule(pl.LightningDataModule):
    """Splits a source's tables, moves them to the device and makes batches of them.

    Tables in memory go to the device once, as bytes where they are bytes; a batch is then an
    index. Tables on disk are read ahead by workers.

    Arguments:
        source: where the examples come from.
        batch_size: examples of a training batch, over all processes.
        eval_batch_size: examples of an evaluation's block; their noise is drawn block by block,
            so it belongs to the figures' definition, as a seed does.
        valid: examples for validation, or a fraction, where the source has no such split.
        test: the same for the test.
        split_seed: of the shuffle before splitting and of fixed binarisation.
        limit: use at most this many examples of each split.
        binarize: none, threshold, static or dynamic; auto is dynamic for grey data where the
            likelihood is a mass on binary values, else none.
        dequantize: spread each level uniformly over its bin; for densities on discrete data.
        workers: processes that read what does not fit in memory.

    Raises:
        UserError: for sizes that are not positive and words that are not known.
    """

    def __init__(
        self,
        source: Source,
        *,
        batch_size: int = 100,
        eval_batch_size: int = 500,
        valid: float | int = 0.1,
        test: float | int = 0.1,
        split_seed: int = 0,
        limit: int | None = None,
        binarize: Binarize = "auto",
        dequantize: bool = False,
        workers: int = 2,
    ) -> None:
        super().__init__()
        sizes = {"batch_size": batch_size, "eval_batch_size": eval_batch_size, "limit": limit}
        for name, size in sizes.items():
            if size is not None and size < 1:
                raise UserError(f"dataset.{name}={size}: must be at least 1")
        if binarize not in Binarize.__args__:
            choices = ", ".join(Binarize.__args__)
            raise UserError(f"dataset.binarize={binarize}: choose from {choices}")
        self.source = source
        self.batch_size, self.eval_batch_size = batch_size, eval_batch_size
        self.valid, self.test = valid, test
        self.split_seed, self.limit, self.workers = split_seed, limit, workers
        self.binarize, self.dequantize = binarize, dequantize
        self.transform = Transform(source.raw)
        self.tables: dict[str, Table] = {}
        self.classes: list[str] = []
        self._labels: dict[str, Tensor | None] = {}
        self._evaluated = self.transform
        self._chosen: Binarize = "none"
        self.world = World()
        self.configure(seed=0, position=Position())

    # --- before training ---

    @property
    def values(self) -> Values | None:
        """The values of x; None before `load` where only the data can tell."""
        return self.transform.values

    @property
    def event(self) -> torch.Size:
        """The shape of one x, once the data are loaded."""
        return self.tables["train"].event

    @property
    def bits_offset(self) -> float | None:
        """Bits per dimension to add to −log₂ of a density on dequantised data; 0 for a mass."""
        raw = self.transform.raw
        if self.values == UNIT and self.transform.dequantize and raw and raw.levels:
            return math.log2(raw.levels)
        return 0.0 if self.values is not None and self.values.discrete else None

    def suit(self, support: Values) -> None:
        """Decide the transform for a likelihood's support, as far as `source.raw` is known."""
        binarize = chosen_binarize(self.binarize, self.source.raw, support)
        self.transform = Transform(self.source.raw, binarize, self.dequantize)

    def load(self, support: Values) -> None:
        """Read and split the data; call it once, before anything is written.

        Arguments:
            support: the values that the likelihood scores.

        Raises:
            UserError: for data that cannot be read, split or transformed as asked.
        """
        splits = self.source.load()
        raw = splits.raw
        if raw is None and (self.binarize in ("threshold", "static", "dynamic") or self.dequantize):
            raise UserError(
                "dataset: the range of the values is not known, so they cannot be binarised or"
                " dequantised: declare it, such as dataset.range=[0,1]"
            )
        if self.dequantize and (raw is None or raw.levels is None):
            raise UserError(
                "dataset.dequantize=true: the data are continuous already; leave it out"
            )
        self._chosen = chosen_binarize(self.binarize, raw, support)
        self.transform = Transform(raw, self._chosen, self.dequantize)
        self.classes = splits.classes
        self.tables = divide(splits, self.valid, self.test, self.split_seed, self.limit)
        self._fix_draws()
        self._labels = {name: table.y for name, table in self.tables.items()}

    @property
    def binarize_chosen(self) -> Binarize:
        """What `binarize` came to once the data were known."""
        return self._chosen

    def values_seen(self) -> Values | None:
        """Return the values of x, looking at the training data where nothing else tells."""
        if self.values is not None or not self.in_memory:
            return self.values
        x = self.tables["train"].read(torch.arange(len(self.tables["train"])))
        binary = bool(((x == 0) | (x == 1)).all())
        return BINARY if binary else Values(x.min().item(), x.max().item())

    def configure_world(self, rank: int, size: int) -> None:
        """Set this process's place among those that train together."""
        self.world = World(rank, size)

    @property
    def in_memory(self) -> bool:
        """Whether every table lives in memory."""
        return all(in_memory(table) for table in self.tables.values())

    def configure(
        self,
        *,
        seed: int,
        position: Position,
        per_call: int = 10,
        limit_batches: int | None = None,
    ) -> None:
        """Set what a run decides: seed of the order, place to begin, batches of a call."""
        self.seed, self.position, self.per_call = seed, position, per_call
        self.limit_batches = limit_batches

    # --- what Lightning asks for ---

    def setup(self, stage: str) -> None:
        """Move tables in memory to this process's device."""
        if self.trainer is not None and self.in_memory:
            device = self.trainer.strategy.root_device
            moved: dict[int, Memory] = {}
            self.tables = {name: _to(table, device, moved) for name, table in self.tables.items()}

    def train_dataloader(self) -> Calls:
        """Return the calls of an epoch."""
        return Calls(
            self.tables["train"],
            batch_size=self.batch_size,
            per_call=self.per_call,
            limit=self.limit_batches,
            seed=self.seed,
            position=self.position,
            world=self.world,
            workers=None if self.in_memory else self.workers,
        )

    def val_dataloader(self) -> Blocks:
        """Return the blocks of the validation split."""
        return self._blocks("valid")

    def test_dataloader(self) -> Blocks:
        """Return the blocks of the test split."""
        return self._blocks("test")

    def transfer_batch_to_device(
        self, batch: object, device: object, dataloader_idx: int
    ) -> object:
        """Leave items as they are: what they index is on the device, or `batch` moves it there."""
        return batch

    # --- batches ---

    def batch(self, item: Item, device: torch.device) -> Batch:
        """Return a training batch, {x: (b, *event), y: (b,)}, drawn from the present generators."""
        return self._batch("train", item, self.transform, device)

    def block(self, split: str, number: int, item: Item, device: torch.device) -> Batch:
        """Return an evaluation's block; always the same x for the same split and number."""
        seed_torch(device, EVALUATE, self.split_seed, SPLITS.index(split), number)
        transform = self.transform if split == "train" else self._evaluated
        return self._batch(split, item, transform, device)

    def first(self, split: str, examples: int, device: torch.device) -> Batch:
        """Return the first examples of a split, to draw or to try out."""
        rows = torch.arange(min(examples, len(self.tables[split])))
        raw = None if self.in_memory else self.tables[split].read(rows)
        return self.block(split, 0, Item(rows, raw, len(rows)), device)

    def _batch(self, split: str, item: Item, transform: Transform, device: torch.device) -> Batch:
        rows = item.rows
        raw = self.tables[split].read(rows.to(device)) if item.raw is None else item.raw.to(device)
        batch = {"x": transform(raw)}
        if (labels := self._labels[split]) is not None:
            batch["y"] = labels[rows].to(device)
        return batch

    def _blocks(self, split: str) -> Blocks:
        workers = None if self.in_memory else self.workers
        return Blocks(
            self.tables[split], size=self.eval_batch_size, world=self.world, workers=workers
        )

    def _fix_draws(self) -> None:
        """Draw once what is binarised once: the evaluation splits, and for `static` all."""
        transform = self.transform
        self._evaluated = transform
        if transform.raw is None or transform.binarize not in ("static", "dynamic"):
            return
        fixed = SPLITS if transform.binarize == "static" else SPLITS[1:]
        for name in fixed:
            draw = FixedDraw(
                self.tables[name], transform.raw, self.split_seed * 3 + SPLITS.index(name)
            )
            self.tables[name] = _materialised(draw) if in_memory(draw.table) else draw
        self._evaluated = Transform(BINARY)
        if transform.binarize == "static":
            self.transform = Transform(BINARY, "none")


def _materialised(table: FixedDraw) -> Memory:
    """Return all draws of a table as a table in memory."""
    x = torch.empty((len(table), *table.event), dtype=torch.uint8)
    for rows in torch.arange(len(table)).split(1000):
        x[rows] = table.read(rows)
    return Memory(x, table.y)


def _to(table: Table, device: torch.device, moved: dict[int, Memory]) -> Table:
    """Return the table on a device; tables that views share are moved once."""
    if isinstance(table, View):
        return View(_to(table.table, device, moved), table.rows.to(device))
    if not isinstance(table, Memory):
        return table
    if id(table) not in moved:
        y = None if table.y is None else table.y.to(device)
        moved[id(table)] = Memory(table.x.to(device), y)
    return moved[id(table)]
