"""The parts that models are built of, as a configuration chooses them."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, final

import torch
from torch import nn

from aetrain.adversarial.adversary import Adversary, AdversaryMaker
from aetrain.adversarial.non_saturating import NonSaturating
from aetrain.conditional import Conditional, Network
from aetrain.conditioning.conditioning import Conditioning
from aetrain.corruptions.corruption import Corruption
from aetrain.errors import UserError
from aetrain.families import Family
from aetrain.making import make, make_with
from aetrain.priors.prior import Prior
from aetrain.sparsity.sparsity import Sparsity


@final
class Pieces:
    """Encoder, decoder, prior and objective of a configuration, each made when first asked for.

    Most models are one encoder, one decoder and one prior. A model of several asks for `pieces`,
    and makes as many as it wants, of any shapes, by the methods.

    Arguments:
        config: resolved and plain.
        event: shape of one x.
    """

    def __init__(self, config: Mapping[str, Any], event: Sequence[int]) -> None:
        self._config = config
        self.event = torch.Size(event)
        self.latent = torch.Size((config["latent"],))

    def posterior(self, latent: Sequence[int], sparsity: Sparsity | None = None) -> Family:
        """Return a posterior of codes of a shape, which a sparsity makes where there is one."""
        return make_with(self._config["posterior"], torch.Size(latent), sparsity=sparsity)

    def sparsity_of(self, latent: Sequence[int]) -> Sparsity | None:
        """Return what keeps codes of a shape sparse; None where nothing does."""
        node = self._config["sparsity"]
        return make(node)(torch.Size(latent)) if node else None

    def likelihood(self, event: Sequence[int]) -> Family:
        """Return a likelihood of events of a shape."""
        return make(self._config["likelihood"])(torch.Size(event))

    def require_own(self, model: str, **groups: tuple[Callable[..., Any], str]) -> None:
        """Refuse other choices than the default of groups that a model does not use.

        Arguments:
            model: its name.
            groups: group -> (class of the default choice, name of that choice).

        Raises:
            UserError: naming the group, which would otherwise be passed over in silence.
        """
        for group, (default, name) in groups.items():
            node = self._config[group]
            inner = (node[key] for key in ("encoder", "terms", "loss") if key in node)
            made = make(next(inner, node))
            if not _is_default(made, default):
                raise UserError(
                    f"{group}: model={model} has its own and makes no use of another: use"
                    f" {group}={name}, the default"
                )

    @property
    def encoder_network(self) -> Network:
        """What makes networks of the encoder's kind, which see the condition where there is one."""
        return self._conditional(self.plain_encoder_network)

    @property
    def plain_encoder_network(self) -> Network:
        """What makes networks of the encoder's kind that see no condition, such as classifiers."""
        return make(self._config["network"]["encoder"])

    def decoder_network(self, encoder: nn.Module | None = None) -> Network:
        """Return what makes networks of the decoder's kind, for decoders that want it tied."""
        return self._conditional(self.plain_decoder_network(encoder))

    def plain_decoder_network(self, encoder: nn.Module | None = None) -> Network:
        """Return what makes networks of the decoder's kind that see no condition."""
        node = self._config["network"]["decoder"]
        return functools.partial(make_with, node, encoder=encoder, event=self.event)

    @property
    def adversary(self) -> AdversaryMaker:
        """What makes a discriminator with its loss: (network, given shapes, name) -> Adversary."""
        return make(self._config["adversary"])

    @property
    def untouched(self) -> set[str]:
        """Names of parts that are offered by default, where nobody has chosen another."""
        return {"adversary"} if _is_default_adversary(self.adversary) else set()

    def prior_alone(self, latent: Sequence[int], model: str) -> Prior:
        """Return a prior of codes of a shape that stands alone, without encoder and condition.

        Raises:
            UserError: where the prior is made of an encoder.
        """
        maker = make(self._config["prior"])
        if "encoder" in inspect.signature(maker.func).parameters:
            raise UserError(
                f"prior={maker.func.__name__.lower()} is made of the encoder, and model={model}"
                " wants one that stands alone: use prior=standard_normal"
            )
        return maker(torch.Size(latent))

    def _conditional(self, network: Network) -> Network:
        return network if self.conditioning is None else self.conditioning.apply(network)

    @cached_property
    def conditioning(self) -> Conditioning | None:
        """How a condition enters the networks; None where there is none."""
        node = self._config["conditioning"]
        return make(node)() if node else None

    def prior_of(self, latent: Sequence[int], encoder: Conditional) -> Prior:
        """Return a prior of codes of a shape, which may depend on the condition.

        Raises:
            UserError: where it is made of the encoder, and that is conditional.
        """
        node, conditioning = self._config["prior"], self.conditioning
        if conditioning is None:
            return make_with(node, torch.Size(latent), encoder=encoder)
        if "encoder" in inspect.signature(maker := make(node).func).parameters:
            raise UserError(
                f"prior={maker.__name__.lower()} is made of the encoder, which needs a condition"
                " for each of its inputs: use prior=conditional_gaussian, or conditioning=none"
            )
        return make_with(node, torch.Size(latent), condition=conditioning.condition)

    @cached_property
    def encoder(self) -> Conditional:
        """q(z|x)."""
        posterior = self.posterior(self.latent, self.sparsity)
        return Conditional(self.encoder_network, posterior, [self.event])

    @cached_property
    def sparsity(self) -> Sparsity | None:
        """What keeps the encoder's codes sparse; None where nothing does."""
        return self.sparsity_of(self.latent)

    @cached_property
    def decoder(self) -> Conditional:
        """p(x|z)."""
        likelihood = self.likelihood(self.event)
        network = self.decoder_network(self.encoder.network)
        return Conditional(network, likelihood, [self.latent])

    @cached_property
    def prior(self) -> Prior:
        """p(z)."""
        return self.prior_of(self.latent, self.encoder)

    @property
    def corruption(self) -> Corruption | None:
        """What the run corrupts with, for models that corrupt features too; None: nothing."""
        node = self._config["corruption"]
        return make_with(node) if node else None

    @property
    def head(self) -> nn.Module:
        """What is trained on codes with labels."""
        return make(self._config["head"])(self.latent)

    def offered(self) -> dict[str, Callable[[], Any]]:
        """Return what a model may ask for, by the name of its argument."""
        objective = self._config["objective"]
        offered: dict[str, Callable[[], Any]] = {
            "encoder": lambda: self.encoder,
            "decoder": lambda: self.decoder,
            "prior": lambda: self.prior,
            "corruption": lambda: self.corruption,
            "pieces": lambda: self,
            "adversary": lambda: self.adversary,
            "samples": lambda: self._config["samples"],
            "objective": lambda: make(objective["terms"]),
        }
        if self._config["sparsity"]:
            offered["sparsity"] = lambda: self.sparsity
        if self._config["head"]:
            offered["head"] = lambda: self.head
        if "encoder" in objective:
            offered["encoder_objective"] = lambda: make(objective["encoder"])
        return offered


def _is_default(made: Any, default: Callable[..., Any]) -> bool:
    """Return whether a choice is the default: its class, or an object of it as it is made plain."""
    if isinstance(made, functools.partial):
        return made.func is default
    return type(made) is default and vars(made) == vars(default())


def _is_default_adversary(made: Any) -> bool:
    """Return whether neither another loss nor an option is asked for."""
    if not isinstance(made, functools.partial) or made.func is not Adversary:
        return False
    options = dict(made.keywords)
    if not _is_default(options.pop("loss", NonSaturating()), NonSaturating):
        return False
    own = inspect.signature(Adversary).parameters
    return all(value == own[name].default for name, value in options.items())
