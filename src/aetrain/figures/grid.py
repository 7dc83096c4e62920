"""The decoded latent grid: what the decoder makes of every part of a two-dimensional prior."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import Tensor

from aetrain.figures.canvas import FAINT, HAIR, INK, SMALL, TEXT, mount
from aetrain.figures.palette import ACCENT
from aetrain.figures.tiles import compose, is_image

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
CELL = 28  # pixels of a cell that holds a curve
GAP, SEAM = 2, 80  # pixels, grey: small images that fill their frames would run together
LEFT, BOTTOM = 72, 60


def grid_codes(n: int) -> Tensor:
    """Return the codes (n n, 2) at the midpoints of n by n equal parts of a standard normal.

    Row by row from the upper left, as a picture is read: z₀ grows to the right, z₁ upward.
    """
    middle = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    z = torch.special.ndtri(middle).to(torch.get_default_dtype())
    up, right = torch.meshgrid(z.flip(0), z, indexing="ij")
    return torch.stack([right, up], -1).view(-1, 2)


@torch.no_grad()
def decoded_grid(
    decode: Callable[[Tensor], Tensor],
    *,
    n: int = 20,
    device: torch.device | str = "cpu",
    low: float = 0.0,
    high: float = 1.0,
    names: Sequence[str] = ("z₀", "z₁"),
    title: str = "",
) -> Figure:
    """Draw `decode(z)`, z (n n, 2) -> (n n, *event), at equal steps of the prior's probability.

    Images make one picture; other events are drawn as small curves. The ticks give the codes at
    five quantiles, `names` those of the axes.

    References:
        Kingma, Welling: Auto-Encoding Variational Bayes. 2013, figure 4.
        https://arxiv.org/abs/1312.6114
    """
    decoded = decode(grid_codes(n).to(device))
    if is_image(decoded.shape[1:]):
        picture = compose(
            decoded, columns=n, low=low, high=high, smallest=24, largest=40, gap=GAP, shade=SEAM
        )
        figure, axes = mount(picture, title=title, left=LEFT, bottom=BOTTOM)
    else:
        blank = np.full((n * CELL - GAP, n * CELL - GAP, 1), 255, np.uint8)
        figure, axes = mount(blank, title=title, left=LEFT, bottom=BOTTOM)
        _curves(axes, decoded, n)
    _scale(axes, names)
    return figure


def _scale(axes: Axes, names: Sequence[str]) -> None:
    """Tick both axes at the quantiles, with the code above and the share of the prior below."""
    z = torch.special.ndtri(torch.tensor(QUANTILES)).tolist()
    marks = [f"{code:.2f}".replace("-", "−") for code in z]
    shares = [f"{q:.0%}" for q in QUANTILES]
    width, height = axes.get_xlim()[1], axes.get_ylim()[0]
    right = [q * (width + GAP) - GAP / 2 for q in QUANTILES]
    down = [(1 - q) * (height + GAP) - GAP / 2 for q in QUANTILES]
    axes.set_xticks(right, [f"{m}\n{s}" for m, s in zip(marks, shares)])
    axes.set_yticks(down, marks)
    axes.tick_params(length=3, color=FAINT, labelsize=SMALL)
    axes.set_xlabel(names[0], size=TEXT, color=INK, labelpad=2)
    axes.text(-LEFT + 16, height / 2, names[1], size=TEXT, color=INK, ha="center", va="center",
              rotation=90 if len(names[1]) > 3 else 0)  # fmt: skip


def _curves(axes: Axes, decoded: Tensor, n: int) -> None:
    """Draw (n n, *event), flattened, each in its own cell of n by n; all on one scale."""
    values = decoded.detach().flatten(1).to("cpu", torch.float32)
    values = torch.where(values.isfinite(), values, torch.nan).numpy()
    low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0, 1)
    steps = np.linspace(0.1, 0.9, values.shape[1]) * (CELL - GAP)
    heights = (0.9 - 0.8 * (values - low) / max(high - low, 1e-12)) * (CELL - GAP)
    corner = np.arange(n * n)
    right = corner[:, None] % n * CELL + steps
    down = corner[:, None] // n * CELL + heights
    seams = np.arange(n + 1) * CELL - GAP / 2
    axes.hlines(seams, 0, n * CELL, color=HAIR, linewidth=0.5)
    axes.vlines(seams, 0, n * CELL, color=HAIR, linewidth=0.5)
    lines = LineCollection(list(np.stack([right, down], -1)), colors=ACCENT, linewidths=0.9)
    axes.add_collection(lines, autolim=False)
