"""The Student t prior."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.centred_student_t import CentredStudentT
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.priors.prior import Prior


@final
class StudentT(Prior):
    """Independent values z/s of Student's t distribution, whose tails fall as |z|^−(ν+1).

    Outliers pull the less, the fewer the degrees of freedom ν; for ν -> ∞ it is N(0, s² I).

    Arguments:
        event: shape of one latent, (D,).
        df: degrees of freedom ν.
        scale: s.

    Raises:
        UserError: where either is not above 0.

    References:
        Abiri, Ohlsson: Variational auto-encoders with Student's t-prior. ESANN 2019.
        https://arxiv.org/abs/2004.02581
    """

    zero: Tensor

    def __init__(self, event: Sequence[int], *, df: float = 5.0, scale: float = 1.0) -> None:
        super().__init__(event)
        for name, value in {"df": df, "scale": scale}.items():
            if not value > 0:
                raise UserError(f"prior.{name}={value}: must be above 0, such as 1.0")
        self.df, self.scale = float(df), float(scale)
        self.register_buffer("zero", torch.zeros(self.event), persistent=False)

    def forward(self) -> CentredStudentT:
        """Return the distribution of independent values."""
        return CentredStudentT(full_precision(self.zero), self.df, self.scale, len(self.event))
