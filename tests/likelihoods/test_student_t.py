import pytest
import torch
from scipy import stats

from aetrain.likelihoods.gaussian import Gaussian
from aetrain.likelihoods.student_t import StudentT


@pytest.mark.parametrize("df", [0.5, 1.0, 3.0, 15.9, 16.1, 100.0, 3000.0, 1e7])
@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float32, 3e-6), (torch.float64, 1e-10)])
def test_any_number_of_degrees_of_freedom(df: float, dtype: torch.dtype, rtol: float) -> None:
    torch.manual_seed(0)
    loc, x = torch.randn(50, 1, dtype=dtype), 3 * torch.randn(50, 1, dtype=dtype)
    p = StudentT((1,), scale=0.5, df=df).to(dtype)(loc)
    given = torch.tensor(df).item()
    expected = stats.t.logpdf(x.double(), given, loc.double(), 0.5)
    torch.testing.assert_close(
        p.log_prob(x).double(), torch.from_numpy(expected[:, 0]), rtol=rtol, atol=3 * rtol
    )


def test_with_many_degrees_of_freedom_it_is_the_gaussian() -> None:
    loc, x = torch.randn(9, 6).double(), torch.randn(9, 6).double()
    t, normal = StudentT((6,), scale=2.0, df=2.0**30).double(), Gaussian((6,), sigma=2.0)
    torch.testing.assert_close(t(loc).log_prob(x), normal(loc).log_prob(x), rtol=1e-7, atol=1e-7)


def test_moments() -> None:
    p = StudentT((2,), scale=2.0, df=4.0)(torch.tensor([1.0, -1.0]))
    assert p.mean.tolist() == [1.0, -1.0]
    torch.testing.assert_close(p.variance, torch.full((2,), 8.0))
    assert StudentT((1,), df=1.5)(torch.zeros(1)).variance.isinf().all()
    learned = StudentT((1,))
    assert learned.df(iter([])).item() == 2
    with torch.no_grad():
        learned.df.raw.fill_(-1e8)  # pyright: ignore[reportCallIssue]
    assert learned.df(iter([])).item() > 1
