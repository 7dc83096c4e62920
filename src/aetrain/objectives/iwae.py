"""The importance-weighted bound."""

from aetrain.objectives.inference import Inference
from aetrain.objectives.log_weights import log_mean_exp, log_weights
from aetrain.objectives.terms import Terms


def iwae(inference: Inference) -> Terms:
    """Return `iwae` = −log 1/K Σₖ p(x|zₖ) p(zₖ) / q(zₖ|x), (B,), over all K = S samples.

    With K = 1 it is −ELBO; on average it falls to −log p(x) as K rises. `distortion` and `rate`
    (B,) are for the log.

    References:
        Burda, Grosse, Salakhutdinov: Importance weighted autoencoders. 2016.
        https://arxiv.org/abs/1509.00519
    """
    log_w, logged = log_weights(inference)
    return {"iwae": -log_mean_exp(log_w), **logged}
