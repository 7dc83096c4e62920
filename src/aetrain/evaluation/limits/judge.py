"""Who says of an image which class it shows, and how surely."""

from abc import ABC, abstractmethod
from typing import final

import numpy as np
import torch
from torch import Tensor

from aetrain.evaluation.samples.features import Codes

TREES = 200


class Judge(ABC):
    """p(y|x) of examples x as the data have them, in [0, 1] where they are grey.

    Its confidence, the largest of these probabilities, says how clearly an image shows some
    class. A classifier has been shown no noise, and may be sure of some.
    """

    name: str
    """What it is, in the words of a report."""

    @abstractmethod
    def probabilities(self, x: Tensor) -> Tensor:
        """Return p(y|x), (B, K), float64 on the CPU, for x (B, *event)."""


@final
class Head(Judge):
    """A run that has learned the labels.

    Arguments:
        features: its codes, which are classified.
    """

    def __init__(self, features: Codes) -> None:
        self.name = f"the classifier {features.name}"
        self.features = features

    def probabilities(self, x: Tensor) -> Tensor:
        """Return the softmax of the head."""
        found = self.features.classes(self.features.of(x))
        assert found is not None
        return found


@final
class Trees(Judge):
    """200 randomised trees fitted to values of examples; a probability is a mean of leaves' shares.

    Where an image is like none of the training, trees disagree, so that its confidence is low.

    Arguments:
        x: training examples (N, *event).
        y: their labels (N,), of classes from 0 to K − 1, some of which may be missing.
        classes: K.
        seed: of the trees.

    References:
        Geurts, Ernst, Wehenkel: Extremely randomized trees. 2006.
        https://doi.org/10.1007/s10994-006-6226-1
    """

    def __init__(self, x: Tensor, y: Tensor, classes: int, *, seed: int) -> None:
        from sklearn.ensemble import ExtraTreesClassifier

        self.name = f"{TREES} randomised trees, fitted to the values of {len(x)} training examples"
        self.classes = classes
        self._trees = ExtraTreesClassifier(TREES, random_state=seed)
        self._trees.fit(_array(x), y.cpu().numpy())

    def probabilities(self, x: Tensor) -> Tensor:
        """Return the mean over trees of the shares of classes in the leaf that x falls into."""
        found = np.zeros((len(x), self.classes))
        found[:, self._trees.classes_] = self._trees.predict_proba(_array(x))
        return torch.from_numpy(found)


def _array(x: Tensor) -> np.ndarray:
    return x.flatten(1).float().cpu().numpy()
