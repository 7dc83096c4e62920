import math
import multiprocessing
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from aetrain.agreement import likelihood_support
from aetrain.api import train
from aetrain.build import build_data
from aetrain.config.files import groups
from aetrain.data.images import ImageFolder
from aetrain.data.loader import Item
from aetrain.data.module import DataModule
from aetrain.data.table import Memory, Splits
from aetrain.data.view import View
from aetrain.errors import UserError
from aetrain.position import Position
from aetrain.values import BINARY, REAL, UNIT, Values
from aetrain.world import World
from tests.battery import config
from tests.conftest import TINY
from tests.data.pictures import pixels, write
from tests.data.tables import Disk, Given, every, grey

# Python 3.12 and later; torch forks as well
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

BYTES = Values(0, 255, 256)
CPU = torch.device("cpu")


def module(
    examples: int = 40,
    support: Values = BINARY,
    *,
    raw: Values | None = BYTES,
    disk: bool = False,
    early: bool = True,
    seed: int = 0,
    **options: Any,
) -> DataModule:
    """A loaded data set of grey bytes."""
    table = grey(examples)
    source = Given(Splits(Disk(table) if disk else table, raw=raw), early=early)
    data = DataModule(source, **{"batch_size": 10, "eval_batch_size": 7, **options})
    data.suit(support)
    data.load(support)
    data.configure(seed=seed, position=Position(), per_call=3)
    return data


def training(data: DataModule) -> list[dict[str, Tensor]]:
    """The batches of an epoch, each drawn from a seed of its own, as the trainer does."""
    batches = []
    for call in data.train_dataloader():
        for item in call:
            torch.manual_seed(len(batches))
            batches.append(data.batch(item, CPU))
    return batches


def evaluated(data: DataModule, split: str) -> Tensor:
    """All x of a split as its evaluation sees them."""
    loader = {"valid": data.val_dataloader, "test": data.test_dataloader}[split]()
    return torch.cat([data.block(split, *block, CPU)["x"] for block in loader if block])


# --- options ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "dataset.batch_size=0: must be at least 1"),
        ({"eval_batch_size": -1}, "dataset.eval_batch_size=-1: must be at least 1"),
        ({"limit": 0}, "dataset.limit=0: must be at least 1"),
        ({"workers": -1}, "dataset.workers=-1: must be 0 or more"),
        (
            {"binarize": "sometimes"},
            "dataset.binarize=sometimes: choose from auto, none, threshold, static, dynamic",
        ),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        DataModule(Given(Splits(grey(9))), **options)
    assert str(caught.value) == message


def test_what_the_data_do_not_allow_is_said_before_they_are_read() -> None:
    class Unread:
        raw = BYTES
        event = None

        def load(self) -> Splits:
            raise AssertionError("read")

    data = DataModule(Unread(), dequantize=True)
    data.suit(REAL)
    with pytest.raises(UserError, match=r"^dataset.dequantize=true: spreads levels for a density"):
        data.suit(BINARY)


def test_a_range_that_only_the_data_can_tell() -> None:
    data = module(raw=None, early=False)
    assert data.values is None
    with pytest.raises(UserError, match=r"^dataset: the range of the values is not known"):
        module(raw=None, early=False, dequantize=True)


# --- values and bits ---


@pytest.mark.parametrize(
    ("raw", "support", "options", "values", "chosen", "offset"),
    [
        (BYTES, BINARY, {}, BINARY, "dynamic", 0.0),
        (BYTES, BINARY, {"binarize": "static"}, BINARY, "static", 0.0),
        (BYTES, BINARY, {"binarize": "threshold"}, BINARY, "threshold", 0.0),
        (BINARY, BINARY, {}, BINARY, "none", 0.0),
        (BYTES, REAL, {"dequantize": True}, UNIT, "none", 8.0),
        (Values(0, 16, 17), REAL, {"dequantize": True}, UNIT, "none", math.log2(17)),
        # a density on values that are not spread, however few they are, is no probability
        (BYTES, REAL, {}, Values(0, 1, 256), "none", None),
        (BYTES, REAL, {"binarize": "dynamic"}, BINARY, "dynamic", None),
        (BINARY, REAL, {}, BINARY, "none", None),
        (Values(0, 255), REAL, {}, UNIT, "none", None),
        (None, REAL, {}, None, "none", None),
    ],
)
def test_values_and_bits(
    raw: Values | None,
    support: Values,
    options: dict[str, Any],
    values: Values | None,
    chosen: str,
    offset: float | None,
) -> None:
    data = module(support=support, raw=raw, **options)
    assert data.values == values
    assert data.binarize_chosen == chosen
    assert data.bits_offset == offset
    if values is not None:
        assert data.values_seen() == values


def test_values_are_looked_for_in_every_split() -> None:
    x = torch.tensor([[0.0], [1.0]])
    splits = Splits(Memory(x), Memory(x), Memory(x))
    for test, expected in [(x, BINARY), (3 - 5 * x, Values(-2, 3))]:
        data = DataModule(Given(Splits(splits.train, splits.valid, Memory(test))))
        data.load(REAL)
        assert data.values is None
        assert data.values_seen() == expected


# --- memory ---


def test_bytes_stay_bytes_and_views_copy_nothing() -> None:
    table = grey(40)
    data = DataModule(Given(Splits(table, raw=BYTES)), valid=10, test=10)
    data.load(REAL)
    assert data.in_memory
    assert data.event == (1, 4, 5)
    for part in data.tables.values():
        assert isinstance(part, View)
        assert part.table is table
        assert every(part).dtype == torch.uint8
    data.load(BINARY)
    assert all(every(part).dtype == torch.uint8 for part in data.tables.values())


@pytest.mark.parametrize("disk", [False, True])
@pytest.mark.parametrize("options", [{}, {"binarize": "none"}, {"binarize": "static"}])
def test_default_dtype(disk: bool, options: dict[str, Any]) -> None:
    before = torch.get_default_dtype()
    data = module(disk=disk, workers=0, **options)
    torch.set_default_dtype(torch.float64)
    try:
        assert training(data)[0]["x"].dtype == torch.float64
        assert evaluated(data, "valid").dtype == torch.float64
    finally:
        torch.set_default_dtype(before)


PEAK = """
import sys, torch
from aetrain.data.vision import Vision
from aetrain.data.module import DataModule
from aetrain.values import BINARY

def kib(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))

data = DataModule(Vision("MNIST", sys.argv[1], download=False), valid=10000)
torch.rand(100).mul_(2)
before = kib("VmRSS")
data.load(BINARY)
print(kib("VmHWM") - before, sum(len(t) for t in data.tables.values()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_reading_mnist_takes_little_memory(shared_data: Path) -> None:
    if not (shared_data / "MNIST" / "raw").is_dir():
        pytest.skip(f"MNIST is not in {shared_data}")
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(shared_data)], capture_output=True, text=True, check=True
    )
    kib, examples = map(int, done.stdout.split())
    assert examples == 70_000
    assert kib * 1024 < 3 * 70_000 * 28 * 28


# --- training batches ---


def test_batches_hold_examples_and_their_labels() -> None:
    data = module(support=REAL, valid=5, test=5)
    batches = training(data)
    x, y = (torch.cat([batch[name] for batch in batches]) for name in ("x", "y"))
    assert [len(batch["x"]) for batch in batches] == [10, 10, 10]
    table = data.tables["train"]
    assert table.y is not None
    found = {(tuple(a.flatten().tolist()), b) for a, b in zip((x * 255).round(), y.tolist())}
    given = every(table).float().flatten(1).tolist()
    assert found == {(tuple(a), b) for a, b in zip(given, table.y.tolist())}
    assert "y" not in DataModule.batch(unlabelled(), Item(torch.arange(2), None, 2), CPU)


def unlabelled() -> DataModule:
    data = DataModule(Given(Splits(Memory(grey(9).x), raw=BYTES)))
    data.load(REAL)
    return data


def test_an_epoch_is_a_function_of_seed_and_epoch() -> None:
    def x(seed: int, epoch: int) -> Tensor:
        data = module(support=REAL, seed=seed)
        data.position.epoch = epoch
        return torch.cat([batch["x"] for batch in training(data)])

    assert x(0, 0).equal(x(0, 0))
    assert not x(0, 0).equal(x(1, 0))
    assert not x(0, 0).equal(x(0, 1))


def test_dynamic_redraws_for_training_and_static_does_not() -> None:
    for binarize, redrawn in [("dynamic", True), ("static", False), ("threshold", False)]:
        data = module(binarize=binarize)
        item = Item(torch.arange(20), None, 20)
        torch.manual_seed(0)
        first = data.batch(item, CPU)["x"]
        second = data.batch(item, CPU)["x"]
        assert first.unique().tolist() == [0, 1]
        assert first.equal(second) != redrawn


def test_dynamic_training_has_the_grey_values_as_expectation() -> None:
    data = module(binarize="dynamic")
    item = Item(torch.arange(len(data.tables["train"])), None, 1)
    torch.manual_seed(0)
    n = 1000
    mean = sum(data.batch(item, CPU)["x"] for _ in range(n)) / n
    p = every(data.tables["train"]) / 255
    standard = (mean - p) / (p * (1 - p) / n).sqrt().clamp(min=1e-3)
    assert standard.abs().max() < 5
    assert standard.square().mean() == pytest.approx(1, abs=0.2)


# --- evaluation ---


@pytest.mark.parametrize("binarize", ["dynamic", "static"])
def test_evaluation_is_drawn_once(binarize: str) -> None:
    for split in ("valid", "test"):
        x = evaluated(module(binarize=binarize), split)
        torch.manual_seed(9)
        data = module(binarize=binarize, seed=5)
        assert evaluated(data, split).equal(x)
        assert evaluated(data, split).equal(x)  # again by the same
        assert evaluated(module(binarize=binarize, eval_batch_size=3), split).equal(x)
        assert not evaluated(module(binarize=binarize, split_seed=1), split).equal(x)


def test_the_draw_depends_on_the_seed_of_the_split() -> None:
    """Where the makers split the data, so that only the draw is left."""
    draws = []
    for seed in (0, 0, 1):
        data = DataModule(Given(Splits(grey(5), grey(5), grey(5), BYTES)), split_seed=seed)
        data.load(BINARY)
        draws.append(evaluated(data, "test"))
    assert draws[0].equal(draws[1])
    assert not draws[0].equal(draws[2])


def test_dequantised_evaluation_is_drawn_once() -> None:
    x = evaluated(module(support=REAL, dequantize=True), "test")
    assert evaluated(module(support=REAL, dequantize=True, seed=5), "test").equal(x)
    other = module(support=REAL, dequantize=True, split_seed=1)
    assert not evaluated(other, "test").equal(x)
    data = module(support=REAL, dequantize=True)
    assert (x * 256).floor().equal(every(data.tables["test"]).float())
    item = Item(torch.arange(5), None, 5)
    assert not data.batch(item, CPU)["x"].equal(data.batch(item, CPU)["x"])


def test_blocks_of_equal_examples_are_drawn_apart() -> None:
    same = Memory(torch.zeros(20, 3, dtype=torch.uint8))
    data = DataModule(Given(Splits(same, same, same, BYTES)), eval_batch_size=10, dequantize=True)
    data.load(REAL)
    first, second = evaluated(data, "test").split(10)
    assert not first.equal(second)
    assert not evaluated(data, "valid")[:10].equal(first)


@pytest.mark.parametrize("options", [{"support": BINARY}, {"support": REAL, "dequantize": True}])
def test_blocks_are_the_same_for_any_number_of_processes(options: dict[str, Any]) -> None:
    whole = evaluated(module(60, **options), "test").split(7)
    for size in (2, 3):
        for rank in range(size):
            data = module(60, **options)
            data.configure_world(rank, size)
            assert data.world == World(rank, size)
            for block in data.test_dataloader():
                if block is not None:
                    assert data.block("test", *block, CPU)["x"].equal(whole[block[0]])


@pytest.mark.parametrize("disk", [False, True])
def test_first(disk: bool) -> None:
    data = module(disk=disk)
    assert data.first("valid", 3, CPU)["x"].equal(evaluated(data, "valid")[:3])
    assert len(data.first("valid", 1000, CPU)["x"]) == 4
    assert data.first("train", 3, CPU)["x"].equal(data.first("train", 3, CPU)["x"])
    data.teardown("fit")


# --- streaming ---


@pytest.mark.parametrize("disk", [False, True])
def test_blocks_of_any_rows(disk: bool) -> None:
    """Block by block what `block` gives, binarised anew from training data of grey values."""
    data = module(60, disk=disk, workers=0)
    rows = torch.tensor([5, 3, 20, 0, 11, 7, 9, 2, 13])
    blocks = list(data.blocks_of("train", rows, CPU))
    assert [len(block["x"]) for block in blocks] == [7, 2]
    for number, part in enumerate(rows.split(7)):
        raw = data.tables["train"].read(part) if disk else None
        again = data.block("train", number, Item(part, raw, len(part)), CPU)
        assert torch.equal(blocks[number]["x"], again["x"])
        assert torch.equal(blocks[number]["y"], again["y"])


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = [f"{label}/{i:02}.png" for label in ("cat", "dog") for i in range(20)]
    return write(tmp_path_factory.mktemp("images"), {name: pixels() for name in names})


def streamed(images: Path, memory_limit: int, support: Values, **options: Any) -> DataModule:
    source = ImageFolder(str(images), memory_limit=memory_limit)
    data = DataModule(source, batch_size=6, eval_batch_size=3, **options)
    data.load(support)
    data.configure(seed=1, position=Position(), per_call=2)
    return data


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("support", "options"),
    [
        (BINARY, {"binarize": "dynamic"}),
        (BINARY, {"binarize": "static"}),
        (BINARY, {"binarize": "threshold"}),
        (REAL, {"dequantize": True}),
    ],
)
def test_streaming_gives_what_memory_gives(
    images: Path, support: Values, options: dict[str, Any], workers: int
) -> None:
    memory = streamed(images, 2**30, support, **options)
    files = streamed(images, 0, support, workers=workers, **options)
    assert memory.in_memory
    assert not files.in_memory
    for epoch, done in [(0, 0), (1, 4)]:
        for data in (memory, files):
            data.position.epoch, data.position.batch = epoch, done
        for batch, same in zip(training(memory), training(files), strict=True):
            assert batch["x"].equal(same["x"])
            assert batch["y"].equal(same["y"])
        for split in ("valid", "test"):
            assert evaluated(memory, split).equal(evaluated(files, split))
    again = []
    for data in (memory, files):
        item = data.train_dataloader().batch_at(0, 2)
        torch.manual_seed(0)
        again.append(data.batch(item, CPU)["x"])
    assert again[0].equal(again[1])
    files.teardown("fit")
    assert not multiprocessing.active_children()


def test_workers_stay_from_epoch_to_epoch_and_end_with_the_fit(images: Path) -> None:
    data = streamed(images, 0, REAL, workers=2)
    alive = []
    for epoch in range(3):
        data.position.epoch = epoch
        training(data)
        evaluated(data, "valid")
        alive.append({child.pid for child in multiprocessing.active_children()})
    assert len(alive[0]) == 4
    assert alive[0] == alive[1] == alive[2]
    data.teardown("fit")
    assert not multiprocessing.active_children()


@pytest.mark.filterwarnings("ignore")
def test_a_run_that_streams_equals_one_in_memory(images: Path, here: Path) -> None:
    job = [*TINY, "dataset=image_folder", f"dataset.path={images}", "likelihood=gaussian"]
    job += ["dataset.batch_size=5", "dataset.dequantize=true"]
    memory, files = train(job), train([*job, "dataset.memory_limit=0"])
    assert not multiprocessing.active_children()
    assert memory["test/elbo"] == files["test/elbo"]
    assert memory["test/nll"] == files["test/nll"]


def test_a_broken_file_is_named_in_one_line(images: Path, tmp_path: Path) -> None:
    files = {p.relative_to(images).as_posix(): p.read_bytes() for p in images.rglob("*.png")}
    data = streamed(write(tmp_path, files), 0, REAL, workers=2)
    for path in tmp_path.rglob("*.png"):
        path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError) as caught:
        training(data)
    assert str(caught.value).startswith(f"{tmp_path}/")
    assert str(caught.value).endswith("; mend or remove it")
    assert "\n" not in str(caught.value)
    data.teardown("fit")


# --- every choice in conf/, on real data ---

REAL_DATA: dict[str, tuple[list[str], tuple[int, ...], tuple[int, ...], Values]] = {
    "digits": ([], (1, 8, 8), (1437, 180, 180), BINARY),
    "mnist": (["root={}"], (1, 28, 28), (50_000, 10_000, 10_000), BINARY),
    "fashion_mnist": (["root={}"], (1, 28, 28), (50_000, 10_000, 10_000), BINARY),
    "image_folder": (
        ["path={}/cifar10_jpg/cifar10_jpg.zip", "memory_limit=0", "size=[16,24]", "channels=1"],
        (1, 16, 24),
        (18_000, 2000, 5000),
        Values(0, 1, 256),
    ),
    "array": (["path={}/freyfaces/freyfaces.npz"], (1, 28, 20), (1573, 196, 196), BINARY),
}


@pytest.mark.parametrize("choice", groups()["dataset"])
def test_every_choice_reads_real_data(choice: str, shared_data: Path) -> None:
    if choice not in REAL_DATA:
        pytest.skip(f"there are no real data for dataset={choice} in {shared_data}")
    options, event, sizes, values = REAL_DATA[choice]
    own = [f"dataset.{option.format(shared_data)}" for option in options]
    resolved = config(f"dataset={choice}", *own)
    data = build_data(resolved)
    data.load(likelihood_support(resolved))
    assert data.event == event
    assert tuple(len(data.tables[split]) for split in ("train", "valid", "test")) == sizes
    assert data.values_seen() == values
    batch = data.first("test", 3, CPU)
    assert batch["x"].shape == (3, *event)
    assert ("y" in batch) == (choice != "array")


def test_cifar10_says_where_it_looked(tmp_path: Path) -> None:
    resolved = config("dataset=cifar10", f"dataset.root={tmp_path}", "dataset.download=false")
    with pytest.raises(UserError) as caught:
        build_data(resolved).load(REAL)
    assert str(caught.value).startswith(f"CIFAR10 is not in {tmp_path}/cifar-10-batches-py (")


@pytest.mark.filterwarnings("ignore")
def test_bits_per_dimension_of_a_density(here: Path) -> None:
    results = train(
        [*TINY, "likelihood=gaussian", "likelihood.sigma=1.0", "dataset.dequantize=true"]
    )
    bits = results["test/nll_bits_per_dim"]
    assert bits == pytest.approx(results["test/nll"] / (64 * math.log(2)) + math.log2(17))
    # σ is 1 and the errors are small: half a log₂ of 2π above the bits of a uniform density
    expected = math.log2(17) + 0.5 * math.log2(2 * math.pi)
    assert bits == pytest.approx(expected, abs=0.25)


@pytest.mark.filterwarnings("ignore")
def test_grey_arrays_under_a_binary_likelihood_say_what_becomes_of_them(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(here / "x.npy", grey(80).x.numpy())
    results = train([*TINY, "dataset=array", "dataset.path=x.npy"])
    assert "two values from 0 to 1, binarize=dynamic" in " ".join(capsys.readouterr().out.split())
    assert 0.5 < results["test/bits_per_dim"] < 1.5
