"""The mixed bound by hand and at its ends."""

import pytest
import torch

from aetrain.errors import UserError
from aetrain.objectives.ciwae import ciwae
from aetrain.objectives.iwae import iwae
from tests.objectives.test_iwae import sampled_elbo
from tests.objectives.toy import Linear, gradients, terms_of


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_it_is_what_its_parts_are(share: float) -> None:
    toy = Linear()
    inference = toy.infer(6)
    found = terms_of(ciwae, inference, share=share)["ciwae"]
    expected = share * sampled_elbo(inference) + (1 - share) * terms_of(iwae, inference)["iwae"]
    torch.testing.assert_close(found, expected)
    own = [*toy.encoder, *toy.decoder]
    for one, other in zip(gradients(found, own), gradients(expected, own), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_beyond_its_range(share: float) -> None:
    with pytest.raises(UserError, match=rf"objective\.share={share}: must be from 0 to 1"):
        ciwae(Linear().infer(2), share=share)
