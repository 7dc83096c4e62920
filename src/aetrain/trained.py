"""A trained model from Python: tensors or arrays in, tensors out."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, SupportsIndex, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain import checkpoint
from aetrain.agreement import likelihood_support
from aetrain.autoencoder import Autoencoder
from aetrain.averaging import usable
from aetrain.build import build_model, build_sampler
from aetrain.config.allowlist import require_allowed
from aetrain.config.chosen import chosen
from aetrain.config.files import defaults
from aetrain.errors import UserError
from aetrain.numbers import (
    Given,
    Numbers,
    condition_of,
    part_of,
    require_finite,
    require_scored,
    tensor_of,
    whole,
)
from aetrain.position import Position
from aetrain.precision import in_precision
from aetrain.run import find_checkpoint
from aetrain.seeding import FIT, SAMPLE, seed_torch

BATCH = 1000


@final
class Trained:
    """A trained model, in evaluation mode and without gradients.

    Attributes:
        model: the Lightning module; `model.encode` and `model.decode` give distributions.
        config: the run's resolved configuration.
        event: shape of one x, such as (1, 28, 28).
        latent: shape of one z, such as (16,).
    """

    def __init__(self, model: Autoencoder, config: dict[str, Any], event: torch.Size) -> None:
        self.model = model.eval().requires_grad_(False)
        self.config = config
        self.event = event
        self.latent = model.latent

    def encode(self, x: Numbers, *, condition: Given = None) -> Tensor:
        """Return the posterior means, (N, *latent), of x (N, *event), scaled as in training.

        Arguments:
            x: examples.
            condition: of a conditional model, here and in the other methods: a class, or (N,).
        """
        encode = self.model.encode
        return self._map(lambda part: encode(part).mean, x, self.event, "x", condition)

    def decode(self, z: Numbers, *, condition: Given = None) -> Tensor:
        """Return the means of p(x|z), (N, *event), at z (N, *latent)."""
        decode = self.model.decode
        return self._map(lambda part: decode(part).mean, z, self.latent, "z", condition)

    def reconstruct(self, x: Numbers, *, condition: Given = None) -> Tensor:
        """Return the means of p(x|z) at the posterior means, (N, *event), of x (N, *event)."""
        return self._map(self.model.reconstruct, x, self.event, "x", condition)

    def sample(
        self, n: SupportsIndex, *, seed: int = 0, mean: bool = True, condition: Given = None
    ) -> Tensor:
        """Return n samples, (n, *event): means of p(x|z), or draws of x as well.

        z is drawn from the run's sampler, where it has fitted one, else from p(z).
        """
        return torch.cat(list(self.samples(n, seed=seed, mean=mean, condition=condition)))

    def samples(
        self, n: SupportsIndex, *, seed: int = 0, mean: bool = True, condition: Given = None
    ) -> Iterator[Tensor]:
        """Yield what `sample` returns in blocks of at most 1,000: no more is ever in memory."""
        n, c = whole(n, "n", 1), condition_of(condition)
        seed_torch(self.model.device, SAMPLE, whole(seed, "seed", 0))
        for start in range(0, n, BATCH):
            drawn = self.model.sample(min(BATCH, n - start), part_of(c, start, n, BATCH))
            yield drawn.mean if mean else drawn.sample()

    def log_prob(
        self, x: Numbers, *, samples: int = 1000, seed: int = 0, condition: Given = None
    ) -> Tensor:
        """Return importance-sampled estimates of log p(x) in nats, (N,), for x (N, *event).

        Of a conditional model they are of log p(x|c).

        Raises:
            UserError: for a model that defines no p(x), such as a plain autoencoder; for values
                that its likelihood does not score, such as grey ones under bernoulli.
        """
        draws, given = whole(samples, "samples", 1), tensor_of(x, "x")
        support = likelihood_support(self.config)
        seed_torch(self.model.device, SAMPLE, whole(seed, "seed", 0))

        def estimate(part: Tensor) -> Tensor:
            require_scored(part, support, given.dtype)
            log_p = self.model.log_prob(part, draws)
            if log_p is None:
                raise UserError(
                    f"{type(self.model).__name__} defines no p(x), so there is no log_prob;"
                    " reconstruct gives p(x|z)"
                )
            return log_p

        return self._map(estimate, given, self.event, "x", condition)

    def posterior(self, x: Numbers) -> Distribution:
        """Return q(z|x), batch shape (N,), for x (N, *event)."""
        return self.model.encode(self._checked(x, self.event, "x"))

    def likelihood(self, z: Numbers) -> Distribution:
        """Return p(x|z), batch shape (N,), for z (N, *latent)."""
        return self.model.decode(self._checked(z, self.latent, "z"))

    def fit_sampler(
        self, name: str, x: Numbers, *, seed: int = 0, condition: Given = None, **options: Any
    ) -> "Trained":
        """Let `sample` draw codes from another sampler, fitted to the codes of x (N, *event).

        No weight of the model changes. `aetrain resume=<run> sampler=<name>` does the same to a
        finished run, with its own training examples, and keeps it there.

        Arguments:
            name: a choice of the group `sampler`, such as gaussian_mixture; `prior` for none.
            x: examples, best those of the training, scaled as there.
            seed: of the draws of q(z|x) and of the fit.
            condition: of a conditional model.
            options: of the sampler, such as components=20.

        Raises:
            UserError: where there is no such sampler or option, or the codes do not suit it.
        """
        sampler = build_sampler(chosen("sampler", name, options), self.model)
        if sampler is not None:
            seed_torch(self.model.device, FIT, whole(seed, "seed", 0))
            encode = self.model.encode
            codes = self._map(lambda p: encode(p).sample(), x, self.event, "x", condition)
            sampler.to(self.model.device).fit(codes)
        self.model.sampler = sampler
        return self

    def to(self, device: str | torch.device) -> "Trained":
        """Move the model to a device."""
        self.model.to(device)
        return self

    def _map(
        self,
        f: Callable[[Tensor], Tensor],
        x: Numbers,
        shape: torch.Size,
        name: str,
        condition: Given = None,
    ) -> Tensor:
        found, c = list[Tensor](), condition_of(condition)
        rows = self._checked(x, shape, name)
        for number, part in enumerate(rows.split(BATCH)):
            own = part_of(c, number * BATCH, len(rows), BATCH)
            with torch.no_grad(), self.model.under(own, len(part)):
                found.append(f(part))
        return torch.cat(found)

    def _checked(self, numbers: Numbers, shape: torch.Size, name: str) -> Tensor:
        x = tensor_of(numbers, name)
        if x.shape[1:] != shape or x.dim() != len(shape) + 1:
            one = f"; use {name}[None] for one alone" if x.shape == shape else ""
            raise UserError(
                f"{name} has the shape {tuple(x.shape)}, but this model takes (N, "
                f"{', '.join(map(str, shape))}){one}"
            )
        if name == "x" and x.dtype == torch.uint8:
            self._require_scaled(x)
        x = x.to(self.model.device).type(self.model.dtype)
        require_finite(x, name)
        return x

    def _require_scaled(self, x: Tensor) -> None:
        """Refuse bytes as they are in files where the training has scaled them to [0, 1]."""
        raw = self.model.card.get("raw")
        if not raw or not 1 < raw["high"] < math.inf or likelihood_support(self.config).counts:
            return
        if x.numel() and (largest := int(x.max())) > 1:
            raise UserError(
                f"x holds bytes up to {largest}, and this model takes numbers from 0 to 1, scaled"
                f" as in its training: use x / {raw['high']:g}"
            )


def load(path: str | Path, *, allow: Sequence[str] = ()) -> Trained:
    """Return the trained model of a run directory (the weights it keeps) or of a checkpoint file.

    It needs nothing but the checkpoint: neither the data nor the directory it was trained in.

    Arguments:
        path: the run's directory or a checkpoint.
        allow: packages of your own whose classes its configuration may name.

    Raises:
        UserError: where there is no run, no checkpoint, or a damaged one; where its configuration
            names a target that is not on the allow-list.
    """
    try:
        place = Path(path)
    except TypeError:
        raise UserError(f"path={path!r}: must be a run's directory or a checkpoint") from None
    return rebuild(checkpoint.read(find_checkpoint(place)), allow)


def rebuild(content: dict[str, Any], allow: Sequence[str] = ()) -> Trained:
    """Return the model that a checkpoint's content describes."""
    card = content[checkpoint.CARD]
    # groups that an earlier version had not, and whose default is none
    absent = {group: {} for group, name in defaults().items() if name == "none"}
    config = {**absent, **card["config"]}
    require_allowed(config, allow)
    event = torch.Size(card["event"])
    model = in_precision(build_model(config, event), config["trainer"]["precision"])
    if any(name.startswith(checkpoint.SAMPLER) for name in content["state_dict"]):
        model.sampler = build_sampler(config["sampler"], model)
    model.load_state_dict(usable(content["state_dict"]))
    model.position = Position(**card["position"])
    model.card = {k: v for k, v in card.items() if k != "position"}
    return Trained(model, config, event)
