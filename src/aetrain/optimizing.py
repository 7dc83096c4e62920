"""The optimizers of a model's players."""

from torch.optim import Optimizer

from aetrain.game import Plan
from aetrain.player import Player


def optimizer_of(player: Player, plan: Plan) -> Optimizer:
    """Return a player's own optimizer, or the plan's, at the player's share of its rate."""
    optimizer = (player.optimizer or plan.optimizer)(player.parameters())
    for group in optimizer.param_groups:
        group["lr"] *= player.rate
    return optimizer


def configure_anew(optimizer: Optimizer, player: Player, plan: Plan) -> None:
    """Let the configured numbers rule, not those that came with a checkpoint's state."""
    configured = optimizer_of(player, plan).param_groups
    for group, wanted in zip(optimizer.param_groups, configured, strict=True):
        group |= {name: value for name, value in wanted.items() if name != "params"}
        group["initial_lr"] = group["lr"]
