"""The beta-VAE's measure: a linear classifier of differences."""

import torch
from torch import Tensor

from aetrain.evaluation.disentanglement.estimate import Estimate, over_repetitions
from aetrain.evaluation.disentanglement.fixed_factor import Draw

AT_ONCE = 1000


def beta_vae_score(
    draw: Draw,
    factors: int,
    *,
    groups: int = 10_000,
    tested: int = 5_000,
    size: int = 64,
    repetitions: int = 3,
    seed: int = 0,
) -> Estimate:
    """Return the accuracy with which the fixed factor is told, with its error over repetitions.

    The example of the classifier, a logistic regression, is mean |z − z′| over pairs that share the
    value of one factor, each pair a value of its own; its label is the factor. The accuracy is that
    on other groups of pairs, by chance about 1/F.

    Arguments:
        draw: draws codes with a fixed factor.
        factors: F, at least 2.
        groups: how many groups of pairs to train on.
        tested: how many to test on.
        size: pairs of a group.
        repetitions: how many times, with groups of their own.
        seed: of the factors of the groups.

    References:
        Higgins et al.: beta-VAE: learning basic visual concepts with a constrained variational
        framework. 2017. https://openreview.net/forum?id=Sy2fzU9gl
    """
    from sklearn.linear_model import LogisticRegression  # takes a second to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    chance = torch.Generator().manual_seed(seed)

    def differences(number: int) -> tuple[Tensor, Tensor]:
        """Return mean |z − z′| of groups (G, D), and their factors (G,)."""
        fixed = torch.randint(factors, (number,), generator=chance)
        parts = []
        for part in fixed.split(AT_ONCE):
            first, second = draw(part.repeat_interleave(size), 2).double().unbind(1)
            parts.append((first - second).abs().unflatten(0, (-1, size)).mean(1))
        return torch.cat(parts), fixed

    figures = []
    for _ in range(repetitions):
        x, label = differences(groups)
        other, wanted = differences(tested)
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        classifier.fit(x.numpy(), label.numpy())
        figures.append(float((classifier.predict(other.numpy()) == wanted.numpy()).mean()))
    return over_repetitions(figures)
