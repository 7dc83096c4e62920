"""Training on draws of a distribution that is known."""

from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.game import Game, Plan


def train_on(model: Autoencoder, plan: Plan, draws: Tensor) -> None:
    """Play one batch after another, draws (steps, B, *event)."""
    players = model.players()
    optimizers = {name: plan.optimizer(p.parameters()) for name, p in players.items()}
    game = Game(players, optimizers, plan, len(draws))
    for step, x in enumerate(draws):
        game.play({"x": x}, len(x), step, measure=False)
