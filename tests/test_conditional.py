import pytest
import torch
from torch import Tensor, nn

from aetrain.conditional import Conditional
from aetrain.distributions.autoregressive import Autoregressive
from aetrain.likelihoods.bernoulli import Bernoulli
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.networks.conv import ConvDecoder
from aetrain.networks.mlp import MLP
from aetrain.networks.pixelcnn import PixelCNNDecoder
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian

IMAGE, LATENT, CLASSES = (1, 8, 8), (4,), (2, 3)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("network", [MLP, ConvDecoder])
@pytest.mark.parametrize("sigma", [1.0, "decoder"])
@pytest.mark.parametrize("batch", [(), (5,), (3, 5), (2, 3, 5)], ids=str)
def test_folding_equals_a_loop(network: type, sigma: float, batch: tuple[int, ...]) -> None:
    p = Conditional(network, Gaussian(IMAGE, sigma=sigma), [LATENT]).double()
    z = torch.randn(*batch, *LATENT, dtype=torch.float64)
    d = p(z)
    assert d.batch_shape == batch
    assert d.event_shape == p.event == IMAGE
    each = [p(one[None]) for one in z.reshape(-1, *LATENT)]
    for name in ("mean", "stddev"):
        loop = torch.cat([getattr(one, name) for one in each]).view(*batch, *IMAGE)
        torch.testing.assert_close(getattr(d, name), loop, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("batch", [(), (5,), (3, 5)], ids=str)
def test_several_things_given(batch: tuple[int, ...]) -> None:
    p = Conditional(MLP, Bernoulli(IMAGE), [LATENT, CLASSES]).double()
    z, y = (torch.randn(*batch, *s, dtype=torch.float64) for s in (LATENT, CLASSES))
    d = p(z, y)
    assert d.batch_shape == batch
    pairs = zip(z.reshape(-1, *LATENT), y.reshape(-1, *CLASSES), strict=True)
    loop = torch.cat([p(a[None], b[None]).mean for a, b in pairs]).view(*batch, *IMAGE)
    torch.testing.assert_close(d.mean, loop, rtol=1e-12, atol=1e-12)


def test_the_number_of_things_given_is_checked() -> None:
    p = Conditional(MLP, Bernoulli(IMAGE), [LATENT, CLASSES])
    with pytest.raises(ValueError, match="zip"):
        p(torch.randn(3, 5, *LATENT))


def test_an_encoder_of_images() -> None:
    q = Conditional(MLP, DiagonalGaussian(LATENT), [IMAGE])(torch.randn(5, *IMAGE))
    assert (q.batch_shape, q.event_shape) == ((5,), LATENT)


def test_the_network_sees_one_batch_dimension_and_the_family_all() -> None:
    seen: list[torch.Size] = []

    class Spy(nn.Module):
        def forward(self, z: Tensor) -> Tensor:
            seen.append(z.shape)
            return torch.zeros(len(z), *IMAGE)

    def network(given: object, out: torch.Size) -> nn.Module:
        assert given == [torch.Size(LATENT)]
        assert out == IMAGE
        return Spy()

    p = Conditional(network, Bernoulli(IMAGE), [LATENT])
    p(torch.zeros(3, 5, *LATENT))
    p(torch.zeros(5, *LATENT))
    assert seen == [(15, *LATENT), (5, *LATENT)]


def test_parameters_of_network_and_family_are_its_own() -> None:
    p = Conditional(MLP, Gaussian(IMAGE, sigma="shared"), [LATENT])
    names = [name for name, _ in p.named_parameters()]
    assert any(name.startswith("family.") for name in names)
    assert "network.layers.0.weight" in names
    d = p(torch.randn(3, 5, *LATENT))
    d.log_prob(torch.randn(5, *IMAGE)).sum().backward()
    assert all(parameter.grad is not None for parameter in p.parameters())


@pytest.mark.parametrize("sigma", [1.0, "decoder"])
@pytest.mark.parametrize("batch", [(), (5,), (3, 5)], ids=str)
def test_an_autoregressive_network_is_shown_the_values(
    sigma: float, batch: tuple[int, ...]
) -> None:
    p = Conditional(PixelCNNDecoder, Gaussian(IMAGE, sigma=sigma), [LATENT]).double()
    assert isinstance(p.network, PixelCNNDecoder)
    z = torch.randn(*batch, *LATENT, dtype=torch.float64)
    d = p(z)
    assert isinstance(d, Autoregressive)
    assert d.batch_shape == batch
    assert d.event_shape == p.event == IMAGE
    x = torch.randn(*batch, *IMAGE, dtype=torch.float64)
    pairs = zip(z.reshape(-1, *LATENT), x.reshape(-1, *IMAGE), strict=True)
    loop = []
    for one, image in pairs:
        raw = p.network(p.network.condition(one[None]), image[None])
        loop.append(p.family(raw).log_prob(image[None]))
    expected = torch.cat(loop).view(batch)
    torch.testing.assert_close(d.log_prob(x), expected, rtol=1e-12, atol=1e-12)


def test_an_autoregressive_decoder_and_examples_that_broadcast_over_the_samples() -> None:
    p = Conditional(PixelCNNDecoder, Bernoulli(IMAGE), [LATENT, CLASSES]).double()
    z, y = (torch.randn(3, 5, *s, dtype=torch.float64) for s in (LATENT, CLASSES))
    x = torch.rand(5, *IMAGE, dtype=torch.float64).round()
    cost = -p(z, y).log_prob(x)
    torch.testing.assert_close(cost, -p(z, y).log_prob(x.expand(3, 5, *IMAGE)))
    cost.sum().backward()
    assert all(parameter.grad is not None for parameter in p.parameters())
