"""Which of two values of a figure is the better one."""

from collections.abc import Mapping
from typing import NamedTuple, final

HIGHER, LOWER = "higher", "lower"
VALUES = ("dataset.binarize", "dataset.dequantize")
"""For what is in units of x: which values x has."""
DENSITY = ("likelihood._target_", "likelihood.grey", "conditioning._target_", *VALUES)
"""For densities of x: of which likelihood, and given what, as log p(x|y) is not log p(x)."""
BITS = ("conditioning._target_", "dataset.binarize")
"""For bits of discrete x, which are the same whatever the likelihood."""


@final
class Better(NamedTuple):
    """The better end of a figure.

    Attributes:
        way: `higher`, `lower`, or such words as `nearest to 1`.
        target: the best value where there is one, else None.
        enough: value beyond which higher is no better, else None.
        within: keys in which runs must agree for their values to compare.
    """

    way: str
    target: float | None = None
    enough: float | None = None
    within: tuple[str, ...] = ()

    def cost(self, value: float) -> float:
        """Return what is least for the best value."""
        if self.target is not None:
            return abs(value - self.target)
        if self.enough is not None:
            value = min(value, self.enough)
        return value if self.way == LOWER else -value


def _all(names: str, better: Better) -> dict[str, Better]:
    return dict.fromkeys(names.split(), better)


KNOWN: Mapping[str, Better] = {
    **_all("elbo", Better(HIGHER, within=DENSITY)),
    **_all("parzen", Better(HIGHER, within=VALUES)),
    **_all("nll nll_ais distortion", Better(LOWER, within=DENSITY)),
    **_all("bits_per_dim nll_bits_per_dim", Better(LOWER, within=BITS)),
    **_all("squared_error frechet kernel_distance data_mmd", Better(LOWER, within=VALUES)),
    **_all("error cross_entropy code_mmd ais_gap", Better(LOWER)),
    **_all("accuracy probe_accuracy knn_accuracy svm_accuracy cluster_accuracy", Better(HIGHER)),
    **_all("spreading_accuracy modes_found udr udr_spearman", Better(HIGHER)),
    **_all("cluster_error cluster_error_by_majority modes_kl", Better(LOWER)),
    **_all("nmi ari precision recall coverage in_own_part", Better(HIGHER)),
    # samples that crowd where data are densest have more than those of the data's distribution
    **_all("density", Better("higher, up to 1,", enough=1.0)),
    **_all("mig disentanglement completeness informativeness sap modularity", Better(HIGHER)),
    **_all("explicitness factor_vae beta_vae", Better(HIGHER)),
    **_all("sharpness", Better("nearest to 1", 1.0)),
    **_all("copying", Better("nearest to 0.5", 0.5)),
}
"""End of a figure's name -> its better end; a rate, or a number of units, has none,
nor has a time, which is the machine's as well."""


def better(name: str) -> Better | None:
    """Return the better end of a figure such as `test/nll`; None where neither is.

    What is measured from corrupted examples (`denoising_...`) has that of its figure, and an area
    under a curve of anomalies (`auroc_...`) is better the higher.
    """
    end = name.rpartition("/")[2].removeprefix("denoising_")
    return Better(HIGHER) if end.startswith("auroc_") else KNOWN.get(end)
