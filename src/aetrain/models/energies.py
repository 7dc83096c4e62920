"""Discriminators that are autoencoders, of the same pieces as the model."""

from functools import partial

import torch

from aetrain.conditional import Network
from aetrain.errors import UserError
from aetrain.networks.energy import Energy, Errors
from aetrain.pieces import Pieces


def energy_of(pieces: Pieces, code: int | None, errors: Errors = torch.square) -> Network:
    """Return what makes an autoencoder of encoder, decoder and likelihood as they are chosen.

    Arguments:
        pieces: makes them.
        code: dimensions of its code; None: as many as the model's.
        errors: what each value's error costs.

    Raises:
        UserError: where the code has no dimension.
    """
    code = pieces.latent.numel() if code is None else code
    if code < 1:
        raise UserError(f"model.code={code}: must be at least 1, or null for that of latent")
    likelihood = pieces.likelihood(pieces.event)
    parts = pieces.encoder_network, pieces.decoder_network, likelihood
    return partial(Energy, *parts, code=code, errors=errors)
