"""How weights begin, by name."""

from collections.abc import Callable

from torch import Tensor, nn

from aetrain.errors import UserError, did_you_mean


def _glorot(weight: Tensor) -> None:
    nn.init.xavier_uniform_(weight)


def _he(weight: Tensor) -> None:
    nn.init.kaiming_normal_(weight, nonlinearity="relu")


INITIALISATIONS: dict[str, Callable[[Tensor], None] | None] = {
    "torch": None,
    "glorot": _glorot,
    "he": _he,
}


def initialise(network: nn.Module, name: str) -> None:
    """Draw the weights of a network's linear layers anew.

    `torch` leaves them as they are, weights and biases uniform in ±1/√n, n the inputs; `glorot` is
    uniform in ±√(6/(n + m)), m the outputs, and `he` normal with the variance 2/n; both begin with
    biases of 0.

    Arguments:
        network: with its layers.
        name: one of `INITIALISATIONS`.

    Raises:
        UserError: listing the names, where there is none of this name.

    References:
        Glorot, Bengio: Understanding the difficulty of training deep feedforward neural networks.
        2010. https://proceedings.mlr.press/v9/glorot10a.html
        He, Zhang, Ren, Sun: Delving deep into rectifiers. 2015. https://arxiv.org/abs/1502.01852
    """
    if name not in INITIALISATIONS:
        known = ", ".join(INITIALISATIONS)
        hint = did_you_mean(name, INITIALISATIONS)
        raise UserError(f"network initialisation '{name}' is not known: choose from {known}.{hint}")
    draw = INITIALISATIONS[name]
    if draw is None:
        return
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            draw(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
