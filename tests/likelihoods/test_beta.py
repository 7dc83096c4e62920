import pytest
import torch
from scipy import stats

from aetrain.errors import UserError
from aetrain.likelihoods.beta import Beta


@pytest.mark.parametrize("raw", [-1e4, -2.0, 0.0, 2.0, 1e4])
def test_both_ends_have_a_finite_density(raw: float) -> None:
    p = Beta((2,))(torch.full((2, 2), raw))
    log_prob = p.log_prob(torch.tensor([0.0, 1.0]))
    assert log_prob.isfinite()


def test_without_much_squeezing_it_is_the_beta_density() -> None:
    torch.manual_seed(0)
    raw, x = torch.randn(7, 2, 4).double(), torch.rand(7, 4).double()
    p = Beta((4,), squeeze=1e-12)(raw)
    alpha, beta = torch.exp(8 * raw / (8 + raw.abs())).numpy().swapaxes(0, 1)
    expected = stats.beta.logpdf(x.numpy(), alpha, beta)
    torch.testing.assert_close(p.log_prob(x), torch.from_numpy(expected.sum(-1)))


def test_great_parameters_keep_their_digits_in_float32() -> None:
    torch.manual_seed(0)
    raw = 20 + torch.randn(4, 2, 50)
    x = torch.rand(4, 50) * 0.1 + 0.45
    single, double = Beta((50,))(raw), Beta((50,))(raw.double())
    torch.testing.assert_close(
        single.log_prob(x).double(), double.log_prob(x.double()), rtol=2e-5, atol=1e-2
    )


@pytest.mark.parametrize("squeeze", [0.0, 0.5, -1.0])
def test_the_squeeze_has_a_range(squeeze: float) -> None:
    with pytest.raises(UserError) as caught:
        Beta((5,), squeeze=squeeze)
    assert str(caught.value) == (
        f"likelihood.squeeze={squeeze}: must be above 0 and below 0.5, such as 0.002"
    )
