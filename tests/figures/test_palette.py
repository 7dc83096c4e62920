"""Every two colours must differ for every reader, by CIEDE2000 after simulated dichromacy.

Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision
Deficiency. 2009. Sharma, Wu, Dalal: The CIEDE2000 Color-Difference Formula. 2005.
"""

import numpy as np
import pytest

from aetrain.figures.palette import colours

VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def lab(rgb: np.ndarray, vision: np.ndarray) -> np.ndarray:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ np.asarray(vision).T, 0, 1) @ TO_XYZ.T / WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def ciede2000(one: np.ndarray, two: np.ndarray) -> float:
    (l1, a1, b1), (l2, a2, b2) = one, two
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25**7))
    c1, c2 = np.hypot(g * a1, b1), np.hypot(g * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, g * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180
    hue = (h1 + turn / 2) % 360
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2

    def cos(factor: float, shift: float) -> float:
        return np.cos(np.radians(factor * hue + shift))

    t = 1 - 0.17 * cos(1, -30) + 0.24 * cos(2, 0) + 0.32 * cos(3, 6) - 0.2 * cos(4, -63)
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2) / (1 + 0.015 * chroma * t)
    around = 60 * np.exp(-(((hue - 275) / 25) ** 2))
    mix = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * np.sin(np.radians(around))
    return float(np.sqrt(dl**2 + dc**2 + dh**2 + mix * dc * dh))


def test_the_oracle_gives_the_published_difference() -> None:
    # the first pair of Sharma's table
    assert ciede2000(
        np.array([50.0, 2.6772, -79.7751]), np.array([50.0, 0.0, -82.7485])
    ) == pytest.approx(2.0425, abs=1e-4)


@pytest.mark.parametrize(("vision", "least"), [(v, 22 if v == "normal" else 14) for v in VISION])
def test_any_two_of_the_ten_differ(vision: str, least: float) -> None:
    seen = lab(colours(10), np.asarray(VISION[vision]))
    assert min(ciede2000(seen[i], seen[j]) for i in range(10) for j in range(i)) > least


@pytest.mark.parametrize("k", [0, 1, 10, 11, 100])
def test_as_many_colours_as_asked_and_none_twice(k: int) -> None:
    rgb = colours(k)
    assert rgb.shape == (k, 3)
    assert len(np.unique(rgb.round(6), axis=0)) == k
    assert ((rgb >= 0) & (rgb <= 1)).all()
