"""A data set as the trainer sees it."""

import math
from collections.abc import Iterator
from typing import final

import pytorch_lightning as pl
import torch
from torch import Tensor

from aetrain.corruptions.corruption import Corruption
from aetrain.data.draws import SPLITS, fix_draws
from aetrain.data.labelled import Labelled, LabelledBatches, kept_labels, require_labelled
from aetrain.data.loader import Blocks, Calls, Item
from aetrain.data.reader import Reader
from aetrain.data.split import divide
from aetrain.data.table import Source, Table
from aetrain.data.transform import BINARIZE_CHOICES, Binarize, Transform, chosen_transform
from aetrain.data.view import View, in_memory, to_device, value_range
from aetrain.errors import UserError
from aetrain.player import Batch
from aetrain.position import Position
from aetrain.seeding import EVALUATE, SPLIT, generator, seed_torch
from aetrain.values import REAL, Values
from aetrain.world import World


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
        train_limit: use at most this many training examples, all of the other splits.
        labelled: how many training examples keep their labels, as many of each class, chosen by
            `split_seed`; `all` or `none` of them. Validation and test keep theirs.
        labelled_batch: so many labelled training examples stand beside each batch, as many of each
            class, in an order of their own.
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
        train_limit: int | None = None,
        labelled: Labelled = "all",
        labelled_batch: int = 0,
        binarize: Binarize = "auto",
        dequantize: bool = False,
        workers: int = 2,
    ) -> None:
        super().__init__()
        _require_at_least(1, batch_size=batch_size, eval_batch_size=eval_batch_size)
        _require_at_least(1, limit=limit, train_limit=train_limit)
        require_labelled(labelled)
        _require_at_least(0, labelled_batch=labelled_batch, workers=workers)
        if binarize not in BINARIZE_CHOICES:
            choices = ", ".join(BINARIZE_CHOICES)
            raise UserError(f"dataset.binarize={binarize}: choose from {choices}")
        self.source = source
        self.batch_size, self.eval_batch_size = batch_size, eval_batch_size
        self.valid, self.test = valid, test
        self.split_seed, self.workers = split_seed, workers
        self.limit, self.train_limit = limit, train_limit
        self.labelled, self.labelled_batch = labelled, labelled_batch
        self.binarize: Binarize = binarize
        self.dequantize = dequantize
        self.raw = source.raw
        """The values of the data before they are scaled; None: they are left as they are."""
        self.transform = Transform(source.raw)
        self.binarize_chosen: Binarize = "none"
        """What `binarize` came to once the data were known."""
        self.corruption: Corruption | None = None
        """What training batches are corrupted with."""
        self.tables: dict[str, Table] = {}
        self.place = torch.device("cpu")
        """Where tables in memory are."""
        self.classes: list[str] = []
        self.world = World()
        self._support = REAL
        self._transforms: dict[str, Transform] = {}
        self._labels: dict[str, Tensor | None] = {}
        self._readers: dict[str, Reader] = {}
        self._seen: Values | None = None
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
        """Bits per dimension to add to −log₂ of what the likelihood gives for one x.

        log₂ K for a density on dequantised data of K levels, 0 for a mass on discrete data, and
        None for all else: a density on values that are not spread says nothing about bits.
        """
        if self.transform.dequantize and self.transform.raw and self.transform.raw.levels:
            return math.log2(self.transform.raw.levels)
        values = self.values_seen()
        discrete = self._support.discrete and values is not None and values.discrete
        return 0.0 if discrete else None

    def suit(self, support: Values) -> None:
        """Decide the transform for a likelihood's support, where `source.raw` is known.

        Raises:
            UserError: for what such data do not allow.
        """
        if self.source.raw is not None:
            self._choose(self.source.raw, support)

    def load(self, support: Values) -> None:
        """Read and split the data; call it once, before anything is written.

        Arguments:
            support: the values that the likelihood scores.

        Raises:
            UserError: for data that cannot be read, split or transformed as asked.
        """
        splits = self.source.load()
        self._choose(splits.raw, support)
        self.classes = splits.classes
        limits = (self.limit, self.train_limit)
        tables = divide(splits, self.valid, self.test, self.split_seed, *limits)
        if self.labelled != "all":
            y = kept_labels(tables["train"].y, self.labelled, self.classes, self.split_seed)
            rows = torch.arange(len(y))
            tables["train"] = View(tables["train"], rows, y)
        self.tables, self._transforms = fix_draws(tables, self.transform, self.split_seed)
        self.transform = self._transforms["train"]
        self._labels = {name: table.y for name, table in self.tables.items()}
        self._seen = self.values
        if self._seen is None and self.in_memory:
            self._seen = value_range(self.tables.values())

    def _choose(self, raw: Values | None, support: Values) -> None:
        self.raw = raw
        self.transform = chosen_transform(self.binarize, self.dequantize, raw, support)
        self.binarize_chosen = self.transform.binarize
        self._support = support

    def values_seen(self) -> Values | None:
        """Return the values of x; where nothing else tells, those found in the loaded data."""
        return self._seen

    def classes_seen(self) -> int:
        """Return how many classes the labels are of; 0 where a split has no labels."""
        labels = [table.y for table in self.tables.values()]
        found = [int(y.max()) + 1 for y in labels if y is not None]
        return max(len(self.classes), *found) if len(found) == len(labels) else 0

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
            self.place = self.trainer.strategy.root_device
            self.tables = to_device(self.tables, self.place)
            self._labels = {name: table.y for name, table in self.tables.items()}
            self._readers.clear()

    def teardown(self, stage: str) -> None:
        """End the workers."""
        for reader in self._readers.values():
            reader.close()

    def train_dataloader(self) -> Calls:
        """Return the calls of an epoch.

        Raises:
            UserError: where labelled examples are to stand beside batches, and there are none.
        """
        beside = None
        if self.labelled_batch:
            y = self.tables["train"].y
            beside = LabelledBatches(y, self.labelled_batch, self.seed)
        return Calls(
            self._reader("train"),
            batch_size=self.batch_size,
            per_call=self.per_call,
            limit=self.limit_batches,
            seed=self.seed,
            position=self.position,
            world=self.world,
            labelled=beside,
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

    def examples(self, n: int, device: torch.device) -> Tensor:
        """Return n random training examples x, (min(n, N), *event), the same for the same seed."""
        length = len(self.tables["train"])
        rows = torch.randperm(length, generator=generator(SPLIT, self.split_seed))[:n]
        item = Item(rows, self._reader("train").read_now(rows), len(rows))
        return self.block("train", 0, item, device)["x"]

    def blocks_of(self, split: str, rows: Tensor, device: torch.device) -> Iterator[Batch]:
        """Yield rows of a split as blocks, each of which has noise of its own."""
        parts = list(rows.split(self.eval_batch_size))
        for number, (part, raw) in enumerate(zip(parts, self._reader(split).read(parts))):
            yield self.block(split, number, Item(part, raw, len(part)), device)

    def _blocks(self, split: str) -> Blocks:
        return Blocks(self._reader(split), size=self.eval_batch_size, world=self.world)

    def _reader(self, split: str) -> Reader:
        if split not in self._readers:
            workers = None if self.in_memory else self.workers
            self._readers[split] = Reader(self.tables[split], workers)
        return self._readers[split]

    def transform_of(self, split: str) -> Transform:
        """Return what makes x of a split's raw examples, some of which are drawn already."""
        return self._transforms[split]

    # --- batches ---

    def batch(self, item: Item, device: torch.device, *, corrupted: bool = True) -> Batch:
        """Return a training batch, {x: (b, *event), y: (b,)}, drawn from the present generators.

        Arguments:
            item: which examples.
            device: where to.
            corrupted: whether it is corrupted as the run asks for, {x: x̃, target: x, y: (b,)}.

        Returns:
            The batch; with labelled examples beside it, which are corrupted alike, also
            {x_labelled: (m, *event), y_labelled: (m,)}. Their costs are no mean over the batch:
            they go to a `Weighted` term.
        """
        batch = self._batch("train", item, device)
        batch = self.corrupt(batch) if corrupted else batch
        if item.labelled is None:
            return batch
        rows = item.labelled
        raw = None if item.raw is None else self._reader("train").read_now(rows)
        beside = self._batch("train", Item(rows, raw, len(rows)), device)
        if corrupted and self.corruption is not None:
            beside["x"] = self.corruption(beside["x"])  # a classifier reads what the encoder reads
        return {**batch, **{f"{name}_labelled": part for name, part in beside.items()}}

    def corrupt(self, batch: Batch) -> Batch:
        """Return {x: x̃, target: x, ...} of a batch, drawn from the present generators."""
        if self.corruption is None:
            return batch
        x = batch["x"]
        return {"target": x, **batch, "x": self.corruption(x)}

    def block(self, split: str, number: int, item: Item, device: torch.device) -> Batch:
        """Return an evaluation's block; always the same x for the same split and number."""
        seed_torch(device, EVALUATE, self.split_seed, SPLITS.index(split), number)
        return self._batch(split, item, device)

    def first(self, split: str, examples: int, device: torch.device) -> Batch:
        """Return the first examples of a split, to draw or to try out."""
        rows = torch.arange(min(examples, len(self.tables[split])))
        return self.block(
            split, 0, Item(rows, self._reader(split).read_now(rows), len(rows)), device
        )

    def _batch(self, split: str, item: Item, device: torch.device) -> Batch:
        rows = _moved(item.rows, self.place)
        raw = self.tables[split].read(rows) if item.raw is None else item.raw
        batch = {"x": self._transforms[split](_moved(raw, device))}
        if (labels := self._labels[split]) is not None:
            batch["y"] = _moved(labels.index_select(0, rows), device)
        return batch


def _require_at_least(least: int, **sizes: int | None) -> None:
    for name, size in sizes.items():
        if size is not None and size < least:
            needed = "0 or more" if least == 0 else f"at least {least}"
            raise UserError(f"dataset.{name}={size}: must be {needed}")


def _moved(t: Tensor, device: torch.device) -> Tensor:
    # a copy that waits would wait for all that the GPU has still to do; CUDA has read pageable
    # memory before it returns, so it does not miss what is freed or changed after that
    return t.to(device, non_blocking=t.device.type == "cpu" and device.type == "cuda")
