"""One battery over every value in conf/: a wrong one is refused, and nothing else happens."""

import copy
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf, open_dict

from aetrain.config.check import check_early, check_targets
from aetrain.config.compose import compose
from aetrain.errors import UserError
from aetrain.job import assemble
from tests.battery import Case, cases

SMALL = (
    *("dataset=digits", "dataset.batch_size=8", "dataset.valid=8", "dataset.test=8"),
    *("dataset.limit=24", "latent=2", "network.hidden=[8]", "evaluation.nll_samples=2"),
)
GROUPS = (
    *("objective", "annealing", "schedule", "corruption", "sparsity", "adversary", "likelihood"),
    *("optimizer", "posterior", "prior", "network", "model", "head", "conditioning", "sampler"),
)
OF_POINTS = ("model=ae",)
BESIDE: dict[tuple[str, str], tuple[str, ...]] = {
    ("sparsity", "top_k"): ("model=sparse_ae", "sparsity.k=1"),
    ("prior", "bernoulli"): ("posterior=bernoulli",),
    ("prior", "categorical"): ("posterior=gumbel_softmax",),
    ("prior", "hypersphere"): ("posterior=von_mises_fisher",),
    ("prior", "wrapped_normal"): ("model=poincare_vae",),
    **{("prior", prior): OF_POINTS for prior in ("swiss_roll", "uniform")},
    ("posterior", "bernoulli"): ("prior=bernoulli",),
    ("posterior", "gumbel_softmax"): ("prior=categorical",),
    ("posterior", "von_mises_fisher"): ("prior=hypersphere",),
    ("posterior", "wrapped_normal"): ("prior=wrapped_normal", "network=gyroplane"),
    ("posterior", "implicit"): ("model=avb",),
    **{("posterior", f"delta{kind}"): OF_POINTS for kind in ("", "_tanh", "_sigmoid")},
}
"""What goes with a choice that the default model has no use for."""
BESIDE_ALL = {
    "sparsity": ("model=sparse_ae",),
    "adversary": ("model=aae",),
    "head": ("model=stacked_ae",),
    "conditioning": ("model=cvae",),
}
WRONG: tuple[Any, ...] = (-1, 0, math.nan, math.inf, -math.inf, 1e308, "text", {"foo": 1}, [1, "a"])
BELOW_0 = {
    "objective=geco": ["objective.tolerance"],  # nats of a sharp density
    "objective=renyi": ["objective.alpha"],
    "prior=uniform": ["prior.low"],
}
"""Where -1 has a meaning."""


def leaves(node: Mapping[str, Any], key: str) -> Iterator[str]:
    """Yield the keys of all values that were written there, not taken from elsewhere."""
    for name, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{key}.{name}")
        elif not name.startswith("_") and "${" not in str(value):
            yield f"{key}.{name}"


@cache
def composed(*overrides: str) -> DictConfig:
    return compose(overrides).cfg


def refusal(cfg: DictConfig, key: str = "seed", value: Any = 0) -> str | None:
    """Build all that a run is made of, with another value of a key; return what it is told."""
    cfg = copy.deepcopy(cfg)
    with open_dict(cfg):
        OmegaConf.update(cfg, key, value, merge=False)
    try:
        config = check_early(cfg)
        check_targets(config)
        assemble(config, {}, None, "cpu")
    except UserError as error:
        return str(error)
    return None


@pytest.mark.slow
@pytest.mark.parametrize("case", [c for c in cases(*GROUPS) if not c.values[0].options])
def test_a_value_is_built_with_or_refused_in_a_line(case: Case) -> None:
    beside = BESIDE.get((case.group, case.choice), BESIDE_ALL.get(case.group, ()))
    cfg = composed(*beside, *SMALL, str(case))
    assert refusal(cfg) is None
    raw: Any = OmegaConf.to_container(cfg, resolve=False)
    taken: list[str] = []
    for key in leaves(raw[case.group], case.group):
        for value in WRONG:
            told = refusal(cfg, key, value)
            if told is None:
                taken.append(f"{key}={value}")
            else:
                place, name = key.partition(".")[0], key.rpartition(".")[2]
                assert place in told or name in told, told
                assert len(told) < 400, told
    below = [f"{key}=-1" for key in BELOW_0.get(str(case), [])]
    assert [one for one in taken if one.rpartition("=")[2] != "0"] == below
