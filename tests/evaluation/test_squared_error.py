import torch
from torch.distributions import Independent, Normal

from aetrain.build import build_model
from aetrain.evaluation.squared_error import squared_error
from tests.battery import config


def test_it_is_summed_over_the_event_and_a_mean_over_samples() -> None:
    torch.manual_seed(0)
    mean, x = torch.randn(3, 5, 2, 4), torch.randn(5, 2, 4)
    found = squared_error(Independent(Normal(mean, 2.0), 2), x)["squared_error"]
    expected = [(mean[:, b] - x[b]).square().sum().item() / 3 for b in range(5)]
    torch.testing.assert_close(found.tolist(), expected, rtol=1e-5, atol=0)


def test_there_is_none_where_a_mean_takes_a_pass_for_each_pixel() -> None:
    model = build_model(config("model=ae", "network=pixelcnn", "network.hidden=[4]"), (1, 4, 4))
    x = torch.rand(2, 1, 4, 4).round()
    assert "squared_error" not in model.report({"x": x}).scores
