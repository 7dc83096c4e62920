"""Whether samples lie where data lie, and cover them."""

import math
from typing import NamedTuple, final

from torch import Tensor

from aetrain.errors import UserError
from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.interval import Share, share
from aetrain.evaluation.samples.neighbours import radii, within

NEIGHBOURS = 5


@final
class Manifolds(NamedTuple):
    """Fidelity (precision, density) and diversity (recall, coverage).

    Attributes:
        precision: share of samples within the ball of any example.
        recall: share of examples within the ball of any sample.
        density: balls of examples that hold a sample, over k; 1 in the mean for samples that are
            distributed as the data, and it may be above.
        coverage: share of examples whose ball holds a sample.
    """

    precision: Share
    recall: Share
    density: Estimate
    coverage: Share


def manifolds(data: Tensor, samples: Tensor, k: int = NEIGHBOURS) -> Manifolds:
    """Return all four, with balls that reach to the k-th nearest neighbour in their own set.

    Intervals and the error cover the chance of drawing those that are counted, not the balls.

    Arguments:
        data: features (N, F), N above k.
        samples: features (M, F), M above k.
        k: neighbours.

    Raises:
        UserError: for too few of either.

    References:
        Kynkäänniemi, Karras, Laine, Lehtinen, Aila: Improved precision and recall metric for
        assessing generative models. 2019. https://arxiv.org/abs/1904.06991
        Naeem, Oh, Uh, Choi, Yoo: Reliable fidelity and diversity metrics for generative models.
        2020. https://arxiv.org/abs/2002.09797
    """
    if min(len(data), len(samples)) <= k:
        raise UserError(f"--measure samples: {len(data)} examples, {len(samples)} samples: must be"
                        f" more than {k} of both")  # fmt: skip
    counts, covered = within(samples, data, radii(data, k))
    reached, _ = within(data, samples, radii(samples, k))
    per_sample = counts.double() / k
    return Manifolds(
        share(int((counts > 0).sum()), len(samples)),
        share(int((reached > 0).sum()), len(data)),
        Estimate(per_sample.mean().item(), per_sample.std().item() / math.sqrt(len(samples))),
        share(int(covered.sum()), len(data)),
    )


def expected_coverage(examples: int, samples: int, k: int = NEIGHBOURS) -> float:
    """Return the mean coverage where samples are distributed as the data.

    1 − (N − 1) ... (N − k) / ((N + M − 1) ... (N + M − k)), for N examples and M samples.

    References:
        Naeem, Oh, Uh, Choi, Yoo: Reliable fidelity and diversity metrics for generative models,
        lemma 2. 2020. https://arxiv.org/abs/2002.09797
    """
    n, m = examples, samples
    return 1 - math.prod((n - i) / (n + m - i) for i in range(1, k + 1))
