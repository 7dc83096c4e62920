"""The optimizers of a model's players."""

import functools
import inspect
from collections.abc import Iterable

from torch import nn
from torch.optim import Optimizer

from aetrain.config.wording import shown
from aetrain.errors import UserError
from aetrain.game import Plan
from aetrain.player import OptimizerMaker, Player

NAMES = {"learning rate": "lr", "beta": "betas", "epsilon": "eps"}
"""What torch calls some arguments when it refuses their values."""


def optimizer_of(player: Player, plan: Plan) -> Optimizer:
    """Return a player's own optimizer, or the plan's, at the player's share of its rate."""
    optimizer = made(player.optimizer or plan.optimizer, player.parameters(), player.optimizer_key)
    for group in optimizer.param_groups:
        group["lr"] *= player.rate
    return optimizer


def made(
    maker: OptimizerMaker, parameters: Iterable[nn.Parameter], key: str = "optimizer"
) -> Optimizer:
    """Return an optimizer of parameters.

    Arguments:
        maker: makes it.
        parameters: to be moved.
        key: where it is configured.

    Raises:
        UserError: where it refuses a value, naming its key.
    """
    try:
        return maker(parameters)
    except (ValueError, IndexError, RuntimeError) as error:
        raise _refused(maker, error, key) from error


def _refused(maker: OptimizerMaker, error: Exception, place: str) -> UserError:
    """Return the error that names the key whose value an optimizer refuses."""
    given = dict(maker.keywords) if isinstance(maker, functools.partial) else {}
    words = {**{key: key for key in given if key not in NAMES.values()}, **NAMES}
    text = str(error).lower()
    found = [(text.find(w), key) for w, key in words.items() if w in text and key in given]
    if not found or not isinstance(maker, functools.partial):
        return UserError(f"{place}: is refused ({error}); use optimizer=adam")
    key = min(found)[1]
    default = inspect.signature(maker.func).parameters[key].default
    usual = "" if default is inspect.Parameter.empty else f", such as its default, {shown(default)}"
    return UserError(
        f"{place}.{key}={shown(given[key])}: {maker.func.__name__} refuses it ({error}); choose"
        f" another value{usual}"
    )


def configure_anew(optimizer: Optimizer, player: Player, plan: Plan) -> None:
    """Let the configured numbers rule, not those that came with a checkpoint's state."""
    configured = optimizer_of(player, plan).param_groups
    for group, wanted in zip(optimizer.param_groups, configured, strict=True):
        group |= {name: value for name, value in wanted.items() if name != "params"}
        group["initial_lr"] = group["lr"]
