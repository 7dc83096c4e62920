"""Measure aetrain against a bare PyTorch loop: speed, start and memory, and each choice's step.

    python scripts/benchmark.py --root data            all bars; exit status 1 where one is missed
    python scripts/benchmark.py --root data --choices  scripts/step_times.py

Speed: both train the same VAE from the same weights on the same bytes, in turns in one process.
aetrain's time is that of its whole loop, from Lightning's `on_train_start` to its last
`on_train_epoch_end`, with the live progress bar, TensorBoard and csv. Validation is off; reading
the data and all that follows the last epoch is left out. A round in which other programs took more
than 5 % of the processors is taken again.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, ClassVar, TypeVar
from unittest.mock import patch

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint
from torch import Tensor, nn
from torch.nn import functional as F

from aetrain import hardware
from aetrain.api import train
from aetrain.autoencoder import Autoencoder
from aetrain.console import console

PLAIN = ("dataset=mnist", "dataset.binarize=dynamic", "network.hidden=[500]", "latent=20")
CLOCKED = (
    *("++allow=[benchmark]", "+callbacks.clock._target_=benchmark.Clock", "trainer=cpu"),
    *("trainer.limit_val_batches=0", "trainer.limit_test_batches=0", "trainer.max_epochs=1"),
    *("callbacks=none", "evaluation.nll_samples=0"),
)
BATCHES = {100: 300, 512: 98}  # batch size -> batches of a round
Bar = tuple[str, float, float, bool]
"""What, measured, the bar, whether more is better."""
T = TypeVar("T")


@dataclass
class Lap:
    """One training by aetrain, and what a bare loop needs to do the same."""

    model: Autoencoder
    weights: list[Tensor]
    options: dict[str, Any]
    float32: str
    started: float
    seconds: float = 0.0
    batches: int = 0
    examples: int = 0


class Clock(Checkpoint):
    """Takes the time of aetrain's loop; a `Checkpoint`, so that it stands behind all others."""

    lap: ClassVar[Lap]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note the weights and settings, and start."""
        assert isinstance(pl_module, Autoencoder)
        group = trainer.optimizers[0].param_groups[0]
        names = ("lr", "betas", "eps", "weight_decay", "fused")
        weights = [p.detach().clone() for p in pl_module.parameters()]
        options = {name: group[name] for name in names if name in group}
        float32 = torch.get_float32_matmul_precision()
        Clock.lap = Lap(pl_module, weights, options, float32, time.perf_counter())

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note the time so far."""
        lap = Clock.lap
        lap.seconds = time.perf_counter() - lap.started
        lap.batches, lap.examples = lap.model.position.step, lap.model.meter.spent.examples


class Bare(nn.Module):
    """The same VAE by hand: Bernoulli decoder, Gaussian posterior with bounded log σ, N(0, I)."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        super().__init__()
        (hidden, pixels), latent = weights[0].shape, weights[2].shape[0] // 2
        self.encoder = _mlp(pixels, hidden, 2 * latent)
        self.decoder = _mlp(latent, hidden, pixels)
        with torch.no_grad():
            for own, given in zip(self.parameters(), weights, strict=True):
                own.copy_(given)

    def forward(self, x: Tensor) -> Tensor:
        """Return −ELBO, the mean over the batch, for x (B, pixels) of 0 and 1."""
        mean, raw = self.encoder(x).chunk(2, 1)
        log_scale = raw * (10 / (10 + raw.abs()))
        scale = log_scale.exp()
        z = mean + scale * torch.randn_like(mean)
        distortion = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="sum")
        rate = (0.5 * (mean.square() + scale.square() - 1) - log_scale).sum()
        return (distortion + rate) / len(x)


def _mlp(given: int, hidden: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(given, hidden), nn.ReLU(), nn.Linear(hidden, out))


def binarized(raw: Tensor, top: float) -> Tensor:
    """Return Bernoulli draws (B, pixels) from bytes (B, ...) of 0 to `top`."""
    x = raw.flatten(1).float() * (1 / top)
    return (torch.rand_like(x) < x).float()


def bare_seconds(lap: Lap) -> float:
    """Train as `lap` did, by hand, and return the time."""
    data = lap.model.data
    table, raw = data.tables["train"], data.transform.raw
    pixels, top = table.read(torch.arange(len(table))), raw.high if raw else 1.0
    model, left = Bare(lap.weights), lap.batches
    optimizer = torch.optim.Adam(model.parameters(), **lap.options)
    # Lightning sets it, and each step of Adam then looks for a driver; a bare script does not
    plain = patch.dict(os.environ, {"PYTORCH_NVML_BASED_CUDA_CHECK": "0"})
    with hardware.settings(lap.float32, 1), plain:
        start = time.perf_counter()
        while left:
            for rows in torch.randperm(len(pixels)).split(data.batch_size)[:left]:
                x = binarized(pixels.index_select(0, rows), top)
                optimizer.zero_grad(set_to_none=True)
                model(x).backward()
                optimizer.step()
                left -= 1
        return time.perf_counter() - start


class _Terminal(io.TextIOWrapper):
    """/dev/null as a terminal, so that the progress bar is drawn."""

    def isatty(self) -> bool:
        return True


def aetrain_lap(overrides: Sequence[str]) -> Lap:
    """Train with aetrain, everything on, and return what the clock saw."""
    before, live = console.file, patch.dict(os.environ, {"TERM": "xterm-256color"})
    with tempfile.TemporaryDirectory() as folder, live, _Terminal(open(os.devnull, "wb")) as null:
        console.file = null
        try:
            train([*CLOCKED, f"run.dir={folder}/run", *overrides])
        finally:
            console.file = before
    return Clock.lap


def undisturbed(measure: Callable[[], T]) -> T:
    """Return a measurement during which the machine was ours, or the last of five."""
    for tries in range(5):
        for _ in range(60):  # half a minute at most
            if _taken_by_others(lambda: time.sleep(0.5))[1] < 0.05:
                break
        result, taken = _taken_by_others(measure)
        if taken < 0.05 or tries == 4:
            return result
    raise AssertionError


def _taken_by_others(act: Callable[[], T]) -> tuple[T, float]:
    """Return what `act` returns, and the share of the processors that others used meanwhile."""

    def others() -> float:
        ticks = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        idle = ticks[3] + ticks[4]
        return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])

    if not Path("/proc/stat").exists():  # not Linux
        return act(), 0.0
    start, before = time.perf_counter(), others()
    result = act()
    return result, (others() - before) / (time.perf_counter() - start) / (os.cpu_count() or 1)


def speed(overrides: Sequence[str], rounds: int) -> list[tuple[float, float]]:
    """Return the examples per second of the bare loop and of aetrain, a pair for each round."""
    pairs = []
    for _ in range(rounds + 1):  # the first round warms up
        lap = undisturbed(lambda: aetrain_lap(overrides))
        seconds = undisturbed(lambda: bare_seconds(Clock.lap))
        pairs.append((lap.examples / seconds, lap.examples / lap.seconds))
    return pairs[1:]


def speed_bars(base: Sequence[str], rounds: int) -> Iterator[Bar]:
    """Compare the loops at both batch sizes, in rounds of the same number of examples."""
    print(f"\nexamples/s, {rounds} rounds in turns; ratio: aetrain / bare of the same round")
    print(f"{'batch':>5} {'bare':>8} {'aetrain':>8} {'ratio':>6} {'least':>6} {'most':>6}")
    for size, batches in BATCHES.items():
        limit = f"trainer.limit_train_batches={batches}"
        pairs = speed([*base, f"dataset.batch_size={size}", limit], rounds)
        bare, own = (median(each) for each in zip(*pairs, strict=True))
        ratios = [b / a for a, b in pairs]
        spread = f"{median(ratios):>6.3f} {min(ratios):>6.3f} {max(ratios):>6.3f}"
        print(f"{size:>5} {bare:>8,.0f} {own:>8,.0f} {spread}  float32: {Clock.lap.float32}")
        yield f"speed, batch {size}, ratio", median(ratios), 0.90, True


COMMAND = """
import sys, aetrain.train as main
print(main.STARTED, file=sys.stderr)
sys.exit(main.main(sys.argv[1:]))
"""


def run(overrides: Sequence[str]) -> tuple[float, float]:
    """Run the command in its own process; return seconds to its first step and its peak GB.

    The seconds count from before the process is made.
    """
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/err", "w+") as err:
        command = [sys.executable, "-c", COMMAND, f"run.dir={folder}/run", *overrides]
        before = time.time()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        said = err.read()
        if process.returncode:
            raise SystemExit(f"aetrain {' '.join(overrides)}\n{said}")
        results = json.loads(Path(f"{folder}/run/results.json").read_text())
    first_step = results["time/first_step_s"] + float(said.split("\n", 1)[0]) - before
    return first_step, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def process_bars(base: Sequence[str], rounds: int) -> Iterator[Bar]:
    """Take the time to the first step, in turns, and the memory of an epoch."""
    one = ["trainer.max_steps=1", "evaluation.nll_samples=0"]
    pairs = [
        (undisturbed(lambda: run(one)[0]), undisturbed(lambda: run([*base, *one])[0]))
        for _ in range(rounds)
    ]
    digits, more = (median(each) for each in zip(*pairs, strict=True))
    print(f"\nfirst step after, s: digits {digits:.2f}, mnist {more:.2f}")
    yield "start, digits, s", digits, 6.0, False
    yield "start, mnist, s more than digits", more - digits, 2.0, False
    yield "peak memory, mnist, GB", run([*base, "trainer.max_epochs=1"])[1], 1.5, False


def main() -> int:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--root", default="data", help="folder that holds MNIST/raw")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--choices", action="store_true", help="what each choice costs instead")
    parser.add_argument("--only", choices=("speed", "process"), help="only these bars")
    given = parser.parse_args()
    base = [*PLAIN, f"dataset.root={given.root}"]
    if given.choices:
        steps = [str(Path(__file__).with_name("step_times.py")), "--root", given.root]
        return subprocess.call([sys.executable, *steps, *(["--rounds=1"] if given.quick else [])])
    bars: list[Bar] = []
    if given.only != "process":
        bars += speed_bars(base, 3 if given.quick else 7)
    if given.only != "speed":
        bars += process_bars(base, 1 if given.quick else 3)
    kept = [value >= bar if more else value < bar for _, value, bar, more in bars]
    for (what, value, bar, more), good in zip(bars, kept, strict=True):
        sign = "at least" if more else "below"
        print(f"{what:<33} {value:>7.3f}  {sign} {bar:g}{'' if good else '   MISSED'}")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    from benchmark import main as of_module  # aetrain finds `benchmark.Clock` by this name

    sys.exit(of_module())
