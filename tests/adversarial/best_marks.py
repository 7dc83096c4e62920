"""What a discriminator of three points finds that is free to mark each as it likes."""

import torch
from torch import Tensor

from aetrain.adversarial.loss import AdversarialLoss

P, Q = (torch.tensor(p, dtype=torch.float64) for p in ([0.5, 0.3, 0.2], [0.1, 0.3, 0.6]))
"""Probabilities of the points among what is real, and among fakes."""

VARIATION = 0.5 * (P - Q).abs().sum().item()
"""The distance in total variation."""

MARKS = torch.linspace(-5, 5, 41, dtype=torch.float64)


def best_marks(loss: AdversarialLoss, bound: float) -> Tensor:
    """Return the marks of three points, within ±bound, that cost the discriminator least."""
    marks = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([marks], lr=0.02)
    for _ in range(3000):
        optimizer.zero_grad()
        cost(loss, marks).backward()
        optimizer.step()
        with torch.no_grad():
            marks.clamp_(-bound, bound)
    return marks.detach()


def cost(loss: AdversarialLoss, marks: Tensor) -> Tensor:
    """Return what the discriminator pays in the mean, ()."""
    return (P * loss.real(marks) + Q * loss.fake(marks)).sum()
