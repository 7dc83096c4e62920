"""All measures of disentanglement of a code, for data whose factors are known."""

from torch import Tensor

from aetrain.evaluation.disentanglement.beta_vae_score import beta_vae_score
from aetrain.evaluation.disentanglement.dci import dci
from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.disentanglement.explicitness import explicitness
from aetrain.evaluation.disentanglement.factor_vae_score import factor_vae_score
from aetrain.evaluation.disentanglement.fixed_factor import FixedFactor
from aetrain.evaluation.disentanglement.modularity import modularity
from aetrain.evaluation.disentanglement.mutual_information_gap import mutual_information_gap
from aetrain.evaluation.disentanglement.separated_attribute_predictability import (
    separated_attribute_predictability,
)


def measures(codes: Tensor, factors: Tensor, *, seed: int = 0) -> dict[str, Estimate]:
    """Return every measure by name; all are better the larger, and 1 at best (SAP: nearly 1).

    Arguments:
        codes: posterior means, (N, D).
        factors: whole numbers from 0, (N, F), each of at least two values.
        seed: of all that is drawn.
    """
    count = factors.shape[1]
    return {
        "mig": mutual_information_gap(codes, factors, seed=seed),
        **{f"dci_{name}": figure for name, figure in dci(codes, factors, seed=seed).items()},
        "sap": separated_attribute_predictability(codes, factors, seed=seed),
        "modularity": modularity(codes, factors, seed=seed),
        "explicitness": explicitness(codes, factors, seed=seed),
        "factor_vae": factor_vae_score(
            codes, FixedFactor(codes, factors, seed=seed), count, seed=seed
        ),
        "beta_vae": beta_vae_score(FixedFactor(codes, factors, seed=seed), count, seed=seed),
    }
