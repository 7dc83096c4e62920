"""One style under every class: what a conditional model keeps while the class changes."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from aetrain.autoencoder import Autoencoder
from aetrain.conditioning.conditioning import Conditioning
from aetrain.errors import UserError
from aetrain.player import Batch
from aetrain.seeding import SAMPLE, seed_torch

NEIGHBOURS = 5


def require_classes(model: Autoencoder) -> Conditioning:
    """Return how the class enters a model.

    Raises:
        UserError: for a model that knows none.
    """
    if (conditioning := model.conditioning) is None or not conditioning.labels:
        what = "no condition" if conditioning is None else "a condition that is no class"
        raise UserError(
            f"classes: this model works under {what}: use a run of model=cvae, or of another with"
            " conditioning=concat on data with labels"
        )
    return conditioning


def recognised(x: Tensor, classes: Sequence[int], examples: Iterable[Batch]) -> float:
    """Return the share of x (N, K, *event) whose class is that of its nearest examples.

    Arguments:
        x: what was made, of each style under each class.
        classes: K numbers of classes.
        examples: with labels; of the 5 nearest, or of all where there are fewer, the most have the
            class that is found.
    """
    from sklearn.neighbors import KNeighborsClassifier  # takes a second to import

    known = [(b["x"][b["y"] >= 0], b["y"][b["y"] >= 0]) for b in examples]
    given, labels = (torch.cat(part).cpu() for part in zip(*known, strict=True))
    near = KNeighborsClassifier(min(NEIGHBOURS, len(labels)))
    near.fit(given.flatten(1).numpy(), labels.numpy())
    found = near.predict(x.flatten(0, 1).flatten(1).cpu().float().numpy())
    return float((found.reshape(x.shape[:2]) == list(classes)).mean())


@torch.no_grad()
def style_kept(model: Autoencoder, x: Tensor, classes: Sequence[int]) -> float:
    """Return how far the codes of one style under all classes are alike, 1 where they are equal.

    Of z_nk, the mean of q(z|x_nk, k), it is the intraclass correlation
    (R − E) / (R + (K − 1) E) with R the mean square between styles and E that of what is left when
    the means of styles and of classes are taken away, both summed over the numbers of z.

    Arguments:
        model: of classes, with an encoder.
        x: (N, K, *event).
        classes: K numbers of classes.

    References:
        Shrout, Fleiss: Intraclass correlations (case 3). 1979.
        https://doi.org/10.1037/0033-2909.86.2.420
    """
    codes = list[Tensor]()
    for column, k in zip(x.unbind(1), classes, strict=True):
        with model.under(k, len(column)):
            codes.append(model.encode(column).mean.flatten(1).double())
    return intraclass_correlation(torch.stack(codes, 1))


def intraclass_correlation(z: Tensor) -> float:
    """Return (R − E) / (R + (K − 1) E) of z (N, K, D), N and K at least 2; NaN where z is constant.

    Both mean squares are summed over D.
    """
    n, k = z.shape[:2]
    rows, columns, mean = z.mean(1), z.mean(0), z.mean((0, 1))
    between = k * (rows - mean).square().sum() / (n - 1)
    left = (z - rows.unsqueeze(1) - columns + mean).square().sum() / ((n - 1) * (k - 1))
    return ((between - left) / (between + (k - 1) * left)).item()


@torch.no_grad()
def drawn_styles(model: Autoencoder, n: int, classes: Sequence[int], seed: int) -> Tensor:
    """Return the means of p(x|z, y) at n draws of codes for each class, (n, K, *event).

    The draws of all classes are made of the same noise: where p(z) does not depend on the class
    they are the same codes, and of p(z|y) = N(μ(y), σ(y)²) the same numbers of standard deviations.

    Arguments:
        model: of classes.
        n: how many styles.
        classes: K of its classes.
        seed: of the noise.
    """
    columns = list[Tensor]()
    for k in classes:
        seed_torch(model.device, SAMPLE, seed)
        columns.append(model.sample(n, k).mean)
    return torch.stack(columns, 1)


@torch.no_grad()
def changed_classes(
    model: Autoencoder, x: Tensor, condition: Tensor | None, classes: Sequence[int]
) -> Tensor:
    """Return the codes of examples decoded under each class, (N, K, *event).

    Arguments:
        model: of classes.
        x: examples, (N, *event).
        condition: under which they are encoded, (N, *shape): their own labels.
        classes: K of its classes.

    Raises:
        UserError: where the model has no encoder, its decoder sees no class, or it wants a
            condition and there is none.
    """
    if not model.decodes_condition:
        raise UserError(
            "classes: the decoder of this model sees no class, so that an example looks the same"
            " under each: leave --at out, or use a run of model=cvae"
        )
    with model.under(condition, len(x)):
        z = model.encode(x).mean
    columns = list[Tensor]()
    for k in classes:
        with model.under(k, len(x)):
            columns.append(model.decode(z).mean)
    return torch.stack(columns, 1)
