import torch
from scipy import stats

from aetrain.distributions.standard_normal import StandardNormal
from aetrain.samplers.standardise import Standardise


def test_it_and_its_inverse() -> None:
    torch.manual_seed(0)
    z = torch.tensor([100.0, -3.0]) + torch.tensor([10.0, 0.2]) * torch.randn(4000, 2)
    standard = Standardise(2)
    assert torch.equal(standard(z), z)
    standard.begin(z)
    v = standard(z)
    torch.testing.assert_close(v.mean(0), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(v.std(0, correction=0), torch.ones(2), atol=1e-4, rtol=0)
    d = standard.undone(StandardNormal(torch.zeros(2), 1))
    x = d.sample((4000,))
    expected = stats.norm.logpdf(z.numpy(), standard.loc.numpy(), standard.scale.numpy()).sum(1)
    torch.testing.assert_close(
        d.log_prob(z), torch.from_numpy(expected).float(), rtol=1e-4, atol=1e-4
    )
    torch.testing.assert_close(
        d.log_prob(z), StandardNormal(torch.zeros(2), 1).log_prob(v) - standard.log_volume
    )
    assert stats.ks_2samp(x[:, 0].numpy(), z[:, 0].numpy()).pvalue > 1e-3


def test_what_never_varies_keeps_a_scale() -> None:
    standard = Standardise(1)
    standard.begin(torch.full((5, 1), 7.0))
    assert standard.scale.item() > 0
    assert standard(torch.full((2, 1), 7.0)).abs().max() == 0
