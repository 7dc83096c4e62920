"""The objective of a plain autoencoder."""

from aetrain.objectives.inference import Inference
from aetrain.objectives.terms import Terms, sample_mean


def reconstruction(inference: Inference) -> Terms:
    """Return `distortion` = −log p(x|z) alone, (B,): the autoencoder estimates p(x|x)."""
    return {"distortion": sample_mean(-inference.p.log_prob(inference.x))}
