"""What all batteries share: the members of a kind, found by walking conf/, and their oracles.

A family, prior or network that is added to conf/ is tested without a change here, but for one
entry in `tests/oracles`: its log density, written with scipy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from torch import Tensor, nn
from torch.distributions import Distribution

from aetrain.config.compose import compose
from aetrain.config.files import groups
from aetrain.evaluation.clouds import gathered_discrepancy
from aetrain.families import Family
from aetrain.making import make
from aetrain.values import Values
from tests.oracles import likelihoods, posteriors, priors
from tests.oracles.oracle import Oracle


@dataclass(frozen=True)
class Case:
    """One choice of a group, with options of its own."""

    group: str
    choice: str
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ",".join([f"{self.group}={self.choice}", *self.options])

    @property
    def config(self) -> dict[str, Any]:
        """The whole resolved configuration with this choice."""
        own = [f"{self.group}.{option}" for option in self.options]
        return config(f"{self.group}={self.choice}", *own)

    def make(self, event: Sequence[int]) -> Any:
        """Return the family or prior for an event, with parameters of its own drawn at random."""
        module = make(self.config[self.group])(torch.Size(event))
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(0.3 * torch.randn_like(parameter))
        return module


VARIANTS = {
    "likelihood": likelihoods.VARIANTS,
    "posterior": posteriors.VARIANTS,
    "prior": priors.VARIANTS,
}


def cases(*kinds: str, only: Sequence[str] = ()) -> list[Any]:
    """Return all choices of some groups, or only some of them, as parameters for pytest."""
    found = [
        Case(kind, choice, options)
        for kind in kinds
        for choice in only or groups()[kind]
        for options in [(), *VARIANTS.get(kind, {}).get(choice, [])]
    ]
    return [pytest.param(case, id=str(case)) for case in found]


@cache
def config(*overrides: str) -> dict[str, Any]:
    """Return the resolved configuration of a command line."""
    resolved: Any = OmegaConf.to_container(compose(list(overrides)).cfg, resolve=True)
    return resolved


ORACLES = {
    "likelihood": likelihoods.LIKELIHOODS,
    "posterior": posteriors.POSTERIORS,
    "prior": priors.PRIORS,
}


def oracle(case: Case) -> Oracle:
    """Return what a choice must agree with; fail, saying where to add it, if nothing is there."""
    found = ORACLES.get(case.group, {}).get(case.choice)
    if found is None:
        pytest.fail(
            f"conf/{case.group}/{case.choice}.yaml has no oracle: add its log density, by scipy,"
            f" to tests/oracles/{case.group}s.py"
        )
    return found


def needs_density(case: Case) -> Oracle:
    """Return the oracle of a choice with a density; skip the test for a point mass."""
    found = oracle(case)
    if found.log_prob is None:
        pytest.skip(f"{case} has no density")
    return found


def draw(values: Values, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return random values of a range."""
    if values.levels is not None:
        places = torch.randint(values.levels, shape, dtype=dtype)
        return values.low + places * (values.high - values.low) / max(1, values.levels - 1)
    if math.isinf(values.low) and math.isinf(values.high):
        return 2 * torch.randn(shape, dtype=dtype)
    if math.isinf(values.high):
        return values.low + torch.empty(shape, dtype=dtype).exponential_()
    return values.low + (values.high - values.low) * torch.rand(shape, dtype=dtype)


def normalised_on(case: Case, module: Any) -> Values:
    """Return the values over which the density of a module sums to 1."""
    return oracle(case).values or getattr(module, "support", Values())


def raw_for(family: Family, *batch: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return random raw parameters of a family."""
    return torch.randn(*batch, *family.parameter_shape, dtype=dtype)


def redo(family: Family, raw: Tensor, own: Sequence[Tensor]) -> Distribution:
    """Return family(raw) with other tensors for the family's own parameters."""
    names = [name for name, _ in family.named_parameters()]
    return torch.func.functional_call(family, dict(zip(names, own, strict=True)), (raw,))


def copies(module: nn.Module) -> list[Tensor]:
    """Return the module's parameters as leaves of their own."""
    return [p.detach().clone().requires_grad_() for p in module.parameters()]


def off(figure: Any) -> float:
    """Return the MMD² of the two sets that a report has."""
    total, points = gathered_discrepancy([figure])
    return (total / points).item()
