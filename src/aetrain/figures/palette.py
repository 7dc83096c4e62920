"""Colours that a colour-blind reader tells apart."""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb

# Found by search: the least CIEDE2000 difference of any two is 22, and 14 for a reader without
# red, green or blue cones; the ten of matplotlib come down to 1 there, those of Petroff to 11.
TEN = (
    "#5878fb", "#f1bf2e", "#cf105f", "#107d71", "#7a339f",
    "#784308", "#f67ab5", "#739204", "#20ddfa", "#a8cd9f",
)  # fmt: skip
ACCENT = "#2f6fd0"  # what a single series is drawn in
QUIET = "#a9adb3"  # what is there for comparison
UNUSED = "#d4d6d9"  # a point without a label, a dimension out of use


def colours(k: int) -> np.ndarray:
    """Return `k` colours, (k, 3) in [0, 1]: the ten above; beyond ten, steps of a rainbow."""
    if k <= len(TEN):
        return np.array([to_rgb(colour) for colour in TEN[:k]]).reshape(k, 3)
    return colormaps["turbo"](np.linspace(0.04, 0.96, k))[:, :3]
