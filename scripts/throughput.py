"""Measure every model's whole training loop against a bare loop with the same players.

    python scripts/throughput.py --root data            all models; exit status 1 below 0.85
    python scripts/throughput.py --root data vae ae     only these
    python scripts/throughput.py --root data --trainer gpu   on an NVIDIA GPU

The bare loop has no Lightning, log, progress bar, checkpoint, seeds or callbacks: for each batch an
index, the transform, the corruption, each player's terms, backward and optimizer, and what changes
after a step. Both run in turns in one process on one thread; compared is processor time, which
other programs on the machine change little, and on a GPU time on the wall, until it has done its
work. Each stage of a model counts by itself.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import ClassVar
from unittest.mock import patch

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint

from aetrain import hardware
from aetrain.api import train
from aetrain.autoencoder import Autoencoder
from aetrain.config.files import groups
from aetrain.console import console
from aetrain.evolving import Evolving
from aetrain.objectives.terms import batch_mean
from aetrain.optimizing import optimizer_of
from aetrain.world import World

BAR = 0.85
BASE = (
    *("dataset=mnist", "dataset.download=false", "dataset.batch_size=100", "network.hidden=[500]"),
    *("latent=20", "trainer.max_epochs=1", "trainer.limit_train_batches=100"),
    *("trainer.limit_val_batches=0", "trainer.limit_test_batches=0", "evaluation.nll_samples=0"),
    *("callbacks=none", "++allow=[throughput]", "+callbacks.clock._target_=throughput.Clock"),
)
CODES = ("network.hidden=[16,16]", "model.code_prior.width=32", "model.code_prior.depth=1")
OWN: dict[str, Sequence[str]] = {
    **dict.fromkeys(["vqvae", "rvqvae", "fsq_vae"], CODES),
    "deep_hvae": ("model.width=16", "trainer.limit_train_batches=20"),
}
"""What a model is measured with besides; in small ones what is no arithmetic counts more."""


def now() -> float:
    """Return the seconds of the processor; of the clock, once a GPU is idle, where there is one."""
    if not torch.cuda.is_initialized():
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


@dataclass
class Lap:
    """One stage of a training by aetrain; `seconds` as `now` counts them."""

    model: Autoencoder
    stage: int
    device: torch.device
    float32: str
    started: float
    seconds: float = 0.0
    batches: int = 0


class Clock(Checkpoint):
    """Takes the time of aetrain's loop; a `Checkpoint`, so that it stands last."""

    laps: ClassVar[list[Lap]] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start a stage's lap."""
        assert isinstance(pl_module, Autoencoder)
        float32 = torch.get_float32_matmul_precision()
        stage = pl_module.position.stage
        lap = Lap(pl_module, stage, pl_module.device, float32, now())
        Clock.laps.append(lap)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note the time so far."""
        lap = Clock.laps[-1]
        lap.seconds = now() - lap.started
        lap.batches = lap.model.position.stage_step


def aetrain_laps(overrides: Sequence[str]) -> list[Lap]:
    """Train with aetrain and return a lap for each stage."""
    Clock.laps.clear()
    with tempfile.TemporaryDirectory() as folder, patch.object(console, "quiet", True):
        train([*BASE, f"run.dir={folder}/run", *overrides])
    return list(Clock.laps)


def bare_seconds(lap: Lap) -> float:
    """Train as many batches of the lap's stage by hand, and return the time."""
    model, data = lap.model, lap.model.data
    model.position.stage = lap.stage
    model.train().to(lap.device)  # from where Lightning has put it at the end
    players = model.players()
    optimizers = {name: optimizer_of(player, model.plan) for name, player in players.items()}
    parameters = {name: list(player.parameters()) for name, player in players.items()}
    evolving = [module for module in model.modules() if isinstance(module, Evolving)]
    table, transform, labels = data.tables["train"], data.transform, data.tables["train"].y
    done = 0
    with hardware.settings(lap.float32, 1):
        start = now()
        while done < lap.batches:
            order = torch.randperm(len(table)).to(model.device)
            for rows in order.split(data.batch_size)[: lap.batches - done]:
                batch = {"x": transform(table.read(rows))}
                if labels is not None:
                    batch["y"] = labels.index_select(0, rows)
                if model.stage.corrupted:
                    batch = data.corrupt(batch)
                for name, player in players.items():
                    if (done + 1) % player.every:
                        continue
                    optimizers[name].zero_grad(set_to_none=True)
                    loss = torch.zeros((), device=model.device)
                    with model.conditioned(batch, dropped=True):
                        terms = player.terms(batch)
                    for term, cost in terms.items():
                        own = player.weights.get(term, 1.0)
                        weight = model.plan.weights.get(term, own)
                        number = weight(done, lap.batches) if callable(weight) else weight
                        if number:
                            loss = loss + number * batch_mean(cost, len(rows), World())
                    loss.backward(inputs=parameters[name] if len(players) > 1 else None)
                    optimizers[name].step()
                done += 1
                for module in evolving:
                    module.after_step(done, lap.batches, World())
        return now() - start


def ratios(overrides: Sequence[str], rounds: int) -> list[list[float]]:
    """Return bare time over aetrain's for each stage and round; the first round warms up."""
    found: list[list[float]] = []
    for turn in range(rounds + 1):
        laps = aetrain_laps(overrides)
        found = found or [[] for _ in laps]
        for lap, own in zip(laps, found, strict=True):
            bare = bare_seconds(lap)
            if turn:
                own.append(bare / lap.seconds)
    return found


def main() -> int:
    """Print a line for each stage of each model."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("models", nargs="*", default=sorted(groups()["model"]))
    parser.add_argument("--root", default="data", help="folder that holds MNIST/raw")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trainer", default="cpu", choices=["cpu", "gpu"])
    given = parser.parse_args()
    missed = False
    print(f"throughput over a bare loop's, at least {BAR}: median (least to most)", flush=True)
    for model in given.models:
        chosen = [f"model={model}", f"trainer={given.trainer}", f"dataset.root={given.root}"]
        own = [*chosen, *OWN.get(model, ())]
        for stage, found in enumerate(ratios(own, given.rounds)):
            low = median(found) < BAR
            missed = missed or low
            print(
                f"{model:<18} stage {stage}  {median(found):.3f}  ({min(found):.3f} to"
                f" {max(found):.3f}){'  MISSED' if low else ''}  {' '.join(OWN.get(model, ()))}",
                flush=True,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    from throughput import main as of_module  # aetrain finds `throughput.Clock` by this name

    torch.set_num_threads(1)
    sys.exit(of_module())
