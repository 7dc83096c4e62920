"""Which two models the study of limits is of."""

from collections.abc import Sequence

import torch

from aetrain.cli.comparing import Found
from aetrain.cli.opened import Opened
from aetrain.distributions.autoregressive import Autoregressive
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.errors import UserError, choice
from aetrain.models.pair import Pair
from aetrain.trained import Trained


@torch.no_grad()
def models_of(runs: Sequence[Found], *opened_runs: Opened) -> list[Pair]:
    """Return both models, the plain autoencoder and the variational one.

    Arguments:
        runs: what they are called.
        opened_runs: the same, opened.

    Raises:
        UserError: where the study is not of such models, or they are in the wrong order.
    """
    models = [_pair(run.name, o.trained) for run, o in zip(runs, opened_runs)]
    sizes = [tuple(model.latent) for model in models]
    if sizes[0] != sizes[1]:
        raise UserError(
            f"--study limits: {runs[0].name} and {runs[1].name} have codes of the shapes"
            f" {sizes[0]} and {sizes[1]}; use runs of one latent"
        )
    for run, model, point in zip(runs, models, (True, False)):
        if model.encoder.family.point is not point:
            kind = "a point" if not point else "a distribution"
            wanted = "model=ae" if point else "model=vae"
            raise UserError(
                f"--study limits: {run.name} encodes to {kind}; use a run such as {wanted} as the"
                f" {'first' if point else 'second'} one"
            )
    return models


def _pair(name: str, trained: Trained) -> Pair:
    model = trained.model
    if not model.encodes or not isinstance(model, Pair):
        kind = "has no encoder" if not model.encodes else "has not one encoder of one code"
        raise UserError(f"--study limits: {name} (model={choice(model)}) {kind}; use runs such as"
                        " model=ae and model=vae")  # fmt: skip
    if model.conditioning is not None:
        raise UserError(f"--study limits: {name} is conditional; use a run with conditioning=none")
    if not isinstance(model.codes(), StandardNormal):
        raise UserError(
            f"--study limits: {name} has another prior than N(0, I); use runs with"
            " prior=standard_normal"
        )
    if isinstance(model.decode(model.codes().sample((1,))), Autoregressive):
        raise UserError(
            f"--study limits: {name} draws one pixel after another, so decodes have no mean; use a"
            " run with network=mlp or network=conv"
        )
    return model
