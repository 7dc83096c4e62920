"""The step: every player's forward, backward and update, in the order of the game."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from aetrain.errors import UserError
from aetrain.objectives.terms import Terms, batch_mean, weighted
from aetrain.player import Batch, OptimizerMaker, Player
from aetrain.schedules import Schedule, constant
from aetrain.skipping import SKIPPED, beyond, decides_on_device, step_unless
from aetrain.world import World


@dataclass(frozen=True)
class Plan:
    """How the players are trained.

    Arguments:
        optimizer: makes an optimizer from parameters.
        schedule: multiplies the learning rate, step by step.
        weights: term name -> weight, a number or a schedule; terms not named weigh 1. A term of
            weight 0 is logged and has no part in the loss; where steps are recorded, one whose
            weight is 0 for a while has the part 0.
        clip: largest gradient norm (or value) of each player; 0 clips nothing.
        clip_algorithm: `norm` or `value`.
        skip_above: an update of a player whose gradient norm, before clipping, is larger or not
            finite is left out; None leaves out none.
        compile: whether the terms are compiled.
    """

    optimizer: OptimizerMaker = torch.optim.Adam
    schedule: Schedule = constant
    weights: Mapping[str, float | Schedule] = field(default_factory=dict)
    clip: float = 0.0
    clip_algorithm: str = "norm"
    skip_above: float | None = None
    compile: bool = False


@final
class Game:
    """Plays one batch at a time; holds no state but its optimizers'.

    Arguments:
        players: in the order of their moves.
        optimizers: one for each player, in the same order.
        plan: weights, schedule, clipping.
        total_steps: batches of the whole run, for schedules that need its end.
        world: the processes that train together.
        scaler: scales losses under float16; None otherwise.
    """

    def __init__(
        self,
        players: Mapping[str, Player],
        optimizers: Mapping[str, Optimizer],
        plan: Plan,
        total_steps: int,
        world: World | None = None,
        scaler: torch.amp.GradScaler | None = None,
    ) -> None:
        self.players = players
        self.optimizers = optimizers
        self.plan = plan
        self.total_steps = total_steps
        self.world = world or World()
        self.scaler = scaler
        own = {term: w for player in players.values() for term, w in player.weights.items()}
        self.weights: dict[str, float | Schedule] = {**own, **plan.weights}
        self.parameters = {name: list(player.parameters()) for name, player in players.items()}
        compiled = torch.compile if plan.compile else lambda terms: terms
        self.terms = {name: compiled(player.terms) for name, player in players.items()}
        self.on_device: dict[str, Tensor] = {}
        """Weights that are schedules, where a recorded step is to find them."""

    def keep_on_device(self, device: torch.device) -> None:
        """Keep what `begin` sets in tensors, which a recorded step reads anew."""
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["initial_lr"] = float(group.get("initial_lr", group["lr"]))
                group["lr"] = torch.tensor(group["lr"], device=device)
                group["capturable"] = True
            # torch advises to record all steps, and does so at each run
            vars(optimizer)["_warned_capturable_if_run_uncaptured"] = True
        scheduled = [name for name, weight in self.weights.items() if callable(weight)]
        self.on_device = {name: torch.zeros((), device=device) for name in scheduled}

    def movers(self, step: int) -> dict[str, Optimizer]:
        """Return who moves after so many batches of the stage, with their optimizers."""
        turn = {name: (step + 1) % player.every == 0 for name, player in self.players.items()}
        return {name: optimizer for name, optimizer in self.optimizers.items() if turn[name]}

    def begin(self, step: int) -> None:
        """Set the rates and the scheduled weights of a step."""
        for optimizer in self.movers(step).values():
            self._set_rate(optimizer, step)
        for name, weight in self.on_device.items():
            weight.fill_(self.weight(name, step))

    def play(self, batch: Batch, examples: int, step: int, measure: bool) -> dict[str, Tensor]:
        """Update every player whose turn it is; return the costs, detached scalars on the device.

        Arguments:
            batch: this process's part of the batch.
            examples: number of examples of the whole batch, over all processes.
            step: batches of the stage trained on before this one.
            measure: also return the norm of each player's gradient.

        Returns:
            Terms and losses of those who moved by name; where updates may be left out, `skipped`,
            whether it was.
        """
        self.begin(step)
        return self.move(batch, examples, step, measure)

    def move(self, batch: Batch, examples: int, step: int, measure: bool) -> dict[str, Tensor]:
        """Do what `play` does after `begin`, which may be recorded."""
        costs: dict[str, Tensor] = {}
        for name, optimizer in self.movers(step).items():
            # before the forward pass: its memory is then used again, not given back to the system
            optimizer.zero_grad(set_to_none=True)
            loss, means = self._loss(self.terms[name](batch), batch, examples, step)
            self._backward(loss, name)
            limit = self.plan.skip_above
            norm = self._clip(name, optimizer, measure or limit is not None)
            left_out = None if limit is None or norm is None else beyond(norm, limit)
            self._update(optimizer, left_out)
            costs |= means
            prefix = "" if len(self.players) == 1 else f"{name}_"
            costs[f"{prefix}loss"] = loss.detach()
            if left_out is not None:
                costs[f"{prefix}{SKIPPED}"] = left_out
            if norm is not None:
                costs[f"{name}_gradient_norm"] = norm.detach()
        if self.scaler is not None:
            self.scaler.update()
        return costs

    def rate_multiplier(self, step: int) -> float:
        """Return what the schedule multiplies the learning rate with."""
        return self.plan.schedule(step, self.total_steps)

    def weight(self, term: str, step: int) -> float:
        """Return the weight of a term at a step."""
        weight = self.weights.get(term, 1.0)
        return weight(step, self.total_steps) if callable(weight) else weight

    def _loss(
        self, terms: Terms, batch: Batch, examples: int, step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return Σ weight · mean over the terms, and the detached unweighted means."""
        if "weight" in batch:
            terms = {name: weighted(term, batch["weight"]) for name, term in terms.items()}
        means = {name: batch_mean(term, examples, self.world) for name, term in terms.items()}
        loss: Tensor | None = None
        for name, mean in means.items():
            weight = self.on_device.get(name, self.weight(name, step))
            known = not isinstance(weight, Tensor)
            if known and weight == 0.0:
                continue
            scaled = mean if known and weight == 1.0 else mean * weight
            loss = scaled if loss is None else loss + scaled
        if loss is None:
            raise UserError(
                f"objective.weights: all of {', '.join(means)} weigh 0, which trains nothing; set"
                " one of them to another weight"
            )
        return loss, {name: mean.detach() for name, mean in means.items()}

    def _backward(self, loss: Tensor, name: str) -> None:
        """Compute the gradients of this player's own parameters, summed over all processes."""
        if self.scaler is not None:
            loss = self.scaler.scale(loss)
        # with several players a cost may pass through modules that it must not move
        own = self.parameters[name] if len(self.players) > 1 else None
        loss.backward(inputs=own)
        self.world.sum_gradients(self.parameters[name])

    def _clip(self, name: str, optimizer: Optimizer, measure: bool) -> Tensor | None:
        """Unscale and clip the gradients; return their norm before that where it was computed."""
        clip, parameters = self.plan.clip, self.parameters[name]
        if self.scaler is not None and (clip or measure):
            self.scaler.unscale_(optimizer)
        if clip and self.plan.clip_algorithm == "norm":
            return nn.utils.clip_grad_norm_(parameters, clip)
        norm = None
        if measure:
            norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if clip:
            nn.utils.clip_grad_value_(parameters, clip)
        return norm

    def _update(self, optimizer: Optimizer, left_out: Tensor | None) -> None:
        """Step, unless `left_out`, a flag on the device, says that this one is left out."""
        if left_out is None:
            self._step(optimizer)
        elif self.scaler is None and decides_on_device(optimizer):
            step_unless(optimizer, left_out)
        elif not left_out:  # waits for the device
            self._step(optimizer)
        # autocast keeps its half-precision copies of the weights until its context is left;
        # several steps share one context here, and the next must not see this one's weights
        torch.clear_autocast_cache()

    def _step(self, optimizer: Optimizer) -> None:
        if self.scaler is None:
            optimizer.step()
        else:
            self.scaler.step(optimizer)

    def _set_rate(self, optimizer: Optimizer, step: int) -> None:
        multiplier = self.rate_multiplier(step)
        for group in optimizer.param_groups:
            rate = group.setdefault("initial_lr", group["lr"]) * multiplier
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
