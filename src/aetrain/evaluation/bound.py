"""The final test of a model, done again outside of a training run."""

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.data.module import DataModule
from aetrain.evaluation.codes import Watch
from aetrain.evaluation.evaluator import judged
from aetrain.evaluation.squared_error import squared_error
from aetrain.evaluation.tally import Tally


@torch.no_grad()
def bound(
    model: Autoencoder,
    data: DataModule,
    split: str,
    rows: Tensor,
    *,
    nll_samples: int = 0,
    watch: Watch = iter,
) -> dict[str, float]:
    """Return a model's costs per example in nats, see `Tally.figures`, of rows of a split.

    Blocks and their random numbers are those of a training run's test, so that all rows of the
    split give the figures of results.json again. Sums alone are kept from block to block.

    Arguments:
        model: in evaluation mode.
        data: its data, loaded.
        split: train, valid or test.
        rows: which examples.
        nll_samples: K of the importance-sampled log p(x), in bounded memory; 0 leaves it out, as
            does a model that defines no p(x).
        watch: what the blocks are passed through.
    """
    tally, device = Tally(), model.device
    for number, batch in enumerate(watch(data.blocks_of(split, rows, device))):
        batch = {**batch, "x": batch["x"].to(model.dtype)}
        tally.add(*judged(model, data, batch, number, nll_samples))
    figures = tally.figures(data.event.numel(), data.bits_offset)
    figures.pop("cost", None)
    if "nll" in figures:
        figures["nll_samples"] = nll_samples
    return figures


@torch.no_grad()
def reconstruction_error(
    model: Autoencoder, data: DataModule, split: str, rows: Tensor, watch: Watch = iter
) -> dict[str, float]:
    """Return E |x − x̂|² and its standard error, x̂ the mean of p(x|z) at the mean of q(z|x).

    Summed over the values of one x, in the units of the scaled data; arguments as of `bound`.
    Empty where p(x|z) draws one value after another, so that its mean is not to be had.
    """
    errors: list[Tensor] = []
    for batch in watch(data.blocks_of(split, rows, model.device)):
        x = batch["x"].to(model.dtype)
        with model.conditioned(batch):
            found = squared_error(model.decode(model.encode(x).mean), x)
        if not found:
            return {}
        errors.append(found["squared_error"].double().cpu())
    error = torch.cat(errors)
    spread = error.std().item() / len(error) ** 0.5 if len(error) > 1 else float("nan")
    return {"squared_error": error.mean().item(), "squared_error_se": spread}
