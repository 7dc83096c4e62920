"""The settings of measures that their figures depend on, and that stand beside them."""

from collections.abc import Mapping, Sequence

from aetrain.evaluation.interval import SAMPLES

OF_SAMPLES = ("sample_features", "sample_count", "sample_kind")
OF_AIS = ("ais_temperatures", "ais_chains")
MEASURED_WITH: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("probe_accuracy", "knn_accuracy", "svm_accuracy"), ("probe_codes",)),
    "spreading_accuracy": ("probe_codes",),
    **dict.fromkeys(("frechet", "kernel_distance", "copying", "sharpness"), OF_SAMPLES),
    **dict.fromkeys(("precision", "recall", "density", "coverage"), OF_SAMPLES),
    **dict.fromkeys(("modes_found", "modes_kl"), OF_SAMPLES),
    **dict.fromkeys(("nll_ais", "ais_gap"), OF_AIS),
}
DRAWS = {
    "nll_bits_per_dim": f"nll{SAMPLES}",
    "nll_ais": OF_AIS[0],
    "ais_gap": OF_AIS[0],
}
"""Numbers that say how good an estimate is, where their name is not <figure>_samples."""


def settings_of(name: str) -> list[str]:
    """Return the names, in full, of the settings of a figure's measure."""
    split, _, end = name.rpartition("/")
    own = ("anomaly_against",) if end.startswith("auroc_") else MEASURED_WITH.get(end, ())
    return [f"{split}/{key}" for key in own]


def draws_of(name: str) -> str:
    """Return the name, in full, of the number that says how good the estimate of a figure is."""
    split, _, end = name.rpartition("/")
    return f"{split}/{DRAWS.get(end, f'{end}{SAMPLES}')}"
