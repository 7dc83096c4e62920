"""Annealed importance sampling of a trained model, in bounded memory."""

import math
from collections.abc import Iterable
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.errors import UserError
from aetrain.evaluation.codes import Watch
from aetrain.evaluation.evidence.ais import Annealed, adapted_steps, ais, reverse_ais
from aetrain.evaluation.evidence.transitions import Bridge, sigmoid_schedule
from aetrain.evaluation.moments import mean_and_error
from aetrain.seeding import EVALUATE, seed_torch
from aetrain.spaces import Space

ROWS = 1_000
"""Decodes that are held at a time, or those of all chains of one example."""
PILOTS = 4
"""Chains that step sizes are adapted by."""


@final
class Chains(NamedTuple):
    """How long and how many: T temperatures, C chains for each example."""

    temperatures: int = 200
    chains: int = 16


def annealed_evidence(
    model: Autoencoder,
    blocks: Iterable[Tensor],
    chains: Chains,
    *,
    seed: int = 0,
    watch: Watch = iter,
) -> dict[str, float]:
    """Return −log p(x) by AIS from the prior, and by how much it can be wrong, in nats.

    `nll_ais` with its error over examples: in the mean an upper bound on −log p(x).
    `ais_effective` of C chains, `ais_acceptance`: means over examples. `ais_gap`: reverse minus
    forward AIS, mean over as many x drawn from the model as there are examples, with its error; it
    bounds the error of AIS on draws of the model, and so tells of data as far as the model is good.

    Arguments:
        model: in evaluation mode; p(x) is that of decodes of its codes' density.
        blocks: examples x (B, *event) as the model sees them.
        chains: temperatures and chains.
        seed: of all draws, block by block.
        watch: what the blocks of as many examples as fit are passed through.

    Raises:
        UserError: where codes have no density, or are no real vectors.
    """
    _require_density(model)
    forward: list[Annealed] = []
    gaps: list[Tensor] = []
    parts = (x for block in blocks for x in block.split(max(1, ROWS // chains.chains)))
    for number, x in enumerate(watch(parts)):
        seed_torch(model.device, EVALUATE, seed, number)
        forward.append(_forward(model, x, chains)[0])
        gaps.append(_gap(model, len(x), chains))
    found = Annealed(*(torch.cat(each).double().cpu() for each in zip(*forward, strict=True)))
    return {
        **mean_and_error("nll_ais", -found.log_evidence),
        "ais_effective": found.effective.mean().item(),
        "ais_acceptance": found.acceptance.mean().item(),
        **mean_and_error("ais_gap", torch.cat(gaps).double().cpu()),
        "ais_chains": chains.chains,
        "ais_temperatures": chains.temperatures,
    }


def _forward(
    model: Autoencoder, x: Tensor, chains: Chains
) -> tuple[Annealed, Bridge, list[Tensor]]:
    bridge = bridge_of(model, x, chains.temperatures)
    pilots = model.codes().sample((min(PILOTS, chains.chains), len(x)))
    steps = adapted_steps(bridge, _flat(pilots))
    start = _flat(model.codes().sample((chains.chains, len(x))))
    return ais(bridge, start, steps), bridge, steps


@torch.no_grad()
def _gap(model: Autoencoder, n: int, chains: Chains) -> Tensor:
    """Return reverse minus forward AIS for draws x of the model, (n,)."""
    z = model.codes().sample((n,))
    found, bridge, steps = _forward(model, model.decode(z).sample(), chains)
    start = _flat(z.expand(chains.chains, *z.shape)).contiguous()
    return reverse_ais(bridge, start, steps).log_evidence - found.log_evidence


def bridge_of(model: Autoencoder, x: Tensor, temperatures: int) -> Bridge:
    """Return the path from p(z) to p(x, z), for z (C, B, D) whatever the shape of a code."""
    prior, latent = model.codes(), model.latent

    def log_prior(z: Tensor) -> Tensor:
        return prior.log_prob(z.unflatten(-1, latent))

    def log_likelihood(z: Tensor) -> Tensor:
        return model.decode(z.unflatten(-1, latent)).log_prob(x)

    return Bridge(log_prior, log_likelihood, sigmoid_schedule(temperatures))


def _flat(z: Tensor) -> Tensor:
    return z.flatten(2).clone()


def _require_density(model: Autoencoder) -> None:
    if model.space is not Space.REAL:
        raise UserError(
            f"--measure ais: codes of this model are {model.space.value}, and Hamiltonian moves"
            " need real vectors; use --measure nll"
        )
    try:
        with torch.enable_grad():
            z = model.codes().sample((64,)).detach()
            _require_continuous(z)
            z = z[:2].requires_grad_()
            log_p = model.codes().log_prob(z)
            joint = log_p + model.decode(z).log_prob(model.decode(z).sample())
            (gradient,) = torch.autograd.grad(joint.sum(), z)
    except (NotImplementedError, UserError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:120] or "its prior can only be sampled"
        raise UserError(
            f"--measure ais: log p(z) + log p(x|z) of this model has no gradient ({reason});"
            " use --measure nll"
        ) from error
    if not math.isfinite(gradient.sum().item()):
        raise UserError("--measure ais: log p(x, z) has a gradient that is not finite; use nll")


def _require_continuous(z: Tensor) -> None:
    """Refuse codes of which a number takes few values, such as a class beside a style."""
    if any(len(column.unique()) < len(z) for column in z.flatten(1).unbind(1)):
        raise UserError("draws of p(z) repeat a value, so a part of the code is discrete")
