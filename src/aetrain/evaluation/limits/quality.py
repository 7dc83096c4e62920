"""How good images are that nobody has seen."""

from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate
from aetrain.evaluation.interval import QUANTILE, Share
from aetrain.evaluation.limits.judge import Judge
from aetrain.evaluation.moments import mean_and_error
from aetrain.evaluation.samples.features import Features
from aetrain.evaluation.samples.manifolds import manifolds


def confidence(judge: Judge, x: Tensor) -> Estimate:
    """Return the mean of max_k p(y=k|x) over examples (N, *event), from 1/K to 1, and s / √N."""
    return mean_of(judge.probabilities(x).amax(1))


def mean_of(x: Tensor) -> Estimate:
    """Return the mean of x (N,) and its standard error."""
    found = mean_and_error("mean", x)
    return Estimate(found["mean"], found["mean_se"])


def quality(judge: Judge, features: Features, data: Tensor, x: Tensor) -> dict[str, Estimate]:
    """Return `confidence`, `density` and `coverage` of images x (M, *event).

    Density (fidelity, 1 for samples of the data's own distribution) and coverage (diversity, up
    to 1) are those of Naeem et al., with balls to the 5th neighbour; the error of the latter is
    the half width of Wilson's interval over 1.96, which does not vanish at 0 and 1.

    Arguments:
        judge: says the classes.
        features: in which examples and images are compared.
        data: features of test examples (N, F), N above 5.
        x: what is to be judged, at least 6.

    References:
        Naeem, Oh, Uh, Choi, Yoo: Reliable fidelity and diversity metrics for generative models.
        2020. https://arxiv.org/abs/2002.09797
    """
    found = manifolds(data, features.of(x))
    return {
        "confidence": confidence(judge, x),
        "density": found.density,
        "coverage": of_share(found.coverage),
    }


def of_share(share: Share) -> Estimate:
    """Return a share with the standard error that its interval stands for."""
    return Estimate(share.value, (share.high - share.low) / (2 * QUANTILE))
