"""How well a model names each class."""

from collections.abc import Sequence

from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

MOST = 100
"""Classes that have a curve."""
THRESHOLDS = 127


def add_precision_recall(
    writer: SummaryWriter, probabilities: Tensor, y: Tensor, classes: Sequence[str], step: int
) -> None:
    """Add for each class the precision and recall of `p(y|x) ≥ threshold`, class against the rest.

    Arguments:
        writer: where to.
        probabilities: p(y|x), (N, K).
        y: labels (N,); examples without one, below 0, are left out.
        classes: names, or none.
        step: at which.
    """
    known = y >= 0
    truth, told = y[known].numpy(), probabilities[known].clamp(0, 1).numpy()
    for k in range(min(told.shape[1], MOST)):
        name = classes[k] if k < len(classes) else str(k)
        tag = f"precision_recall/{name}"
        writer.add_pr_curve(tag, truth == k, told[:, k], step, num_thresholds=THRESHOLDS)
