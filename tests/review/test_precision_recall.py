"""Curves of each class against scikit-learn's."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import precision_score, recall_score
from torch.utils.tensorboard import SummaryWriter

from aetrain.review.precision_recall import THRESHOLDS, add_precision_recall
from tests.review.reading import curves_of_classes, events_of


def test_precision_and_recall_at_each_threshold(tmp_path: Path) -> None:
    torch.manual_seed(0)
    y = torch.randint(3, (200,))
    logits = torch.randn(200, 3) + 2 * torch.nn.functional.one_hot(y, 3)
    p, given = logits.softmax(1), torch.where(torch.arange(200) < 20, -1, y)
    with SummaryWriter(str(tmp_path / "tensorboard")) as writer:
        add_precision_recall(writer, p, given, ["one", "two"], 7)
    curves = curves_of_classes(events_of(tmp_path))
    assert [*curves] == ["one", "two", "2"]
    thresholds = np.arange(THRESHOLDS) / (THRESHOLDS - 1)
    for k, (curve,) in enumerate(curves.values()):
        for i in range(0, THRESHOLDS, 9):
            told = p[20:, k].numpy() >= thresholds[i]
            truth = y[20:].numpy() == k
            if told.any():
                assert curve[4, i] == pytest.approx(precision_score(truth, told), abs=1e-6)
                assert curve[5, i] == pytest.approx(recall_score(truth, told), abs=1e-6)
