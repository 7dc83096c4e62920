"""Layers that stretch nothing."""

from typing import final

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from aetrain.conditional import Conditional
from aetrain.errors import UserError
from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms
from aetrain.regularisers.regulariser import Regulariser

LAYERS = (
    *(nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d),
    *(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
)


@final
class SpectralNorm(Regulariser):
    """Each layer's weights are W / σ(W), σ the largest singular value; there is no further term.

    W is the matrix from inputs to outputs; of a convolution, the kernel as one of its output
    channels by all else. σ comes from a power iteration that goes on by some steps in each
    training step; its vectors are buffers, so that it goes on in a resumed run too.

    Arguments:
        encoder: left alone.
        decoder: p(x|z); its layers are changed.
        iterations: steps of the power iteration in each training step.

    Raises:
        UserError: where iterations are below 1, or the decoder has no layers of its own.

    References:
        Miyato, Kataoka, Koyama, Yoshida: Spectral normalization for generative adversarial
        networks. 2018. https://arxiv.org/abs/1802.05957
        Ghosh, Sajjadi, Vergari, Black, Schölkopf: From variational to deterministic autoencoders
        (RAE-SN). 2020. https://arxiv.org/abs/1903.12436
    """

    def __init__(self, encoder: Conditional, decoder: Conditional, *, iterations: int = 1) -> None:
        del encoder
        if iterations < 1:
            raise UserError(
                f"model.regularisers.spectral_norm.iterations={iterations}: must be at least 1"
            )
        place = "model.regularisers.spectral_norm: the decoder"
        normalise_layers(decoder.network, iterations, place)

    def terms(self, x: Tensor, inference: Inference) -> Terms:
        """Return none."""
        return {}

    def figures(self, x: Tensor, inference: Inference) -> dict[str, Tensor]:
        """Return none."""
        return {}


def normalise_layers(network: nn.Module, iterations: int, place: str) -> None:
    """Let each layer's weights be W / σ(W).

    Arguments:
        network: whose layers are changed.
        iterations: steps of the power iteration in each training pass.
        place: begins the message where that cannot be.

    Raises:
        UserError: where there are no layers with weights of their own.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, LAYERS)]
    if not layers:
        raise UserError(
            f"{place} has no layers with weights of its own to normalise, as network=tied has not:"
            " use network=mlp, or model=rae"
        )
    for layer in layers:
        spectral_norm(layer, n_power_iterations=iterations)
