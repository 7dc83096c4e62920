import pytest
import torch

from aetrain.networks.scales import Scales, growing, shrinking


@pytest.mark.parametrize("size", [(28, 20), (7, 13), (1, 1)])
def test_in_and_out_again(size: tuple[int, int]) -> None:
    scales = Scales.of(3, *size, [5, 4])
    seen = [torch.randn(2, 3, *size)]
    for depth_in, depth_out in scales.inwards():
        seen.append(shrinking(depth_in, depth_out)(seen[-1]))
    assert [tuple(x.shape[1:]) for x in seen] == [
        (depth, *each) for depth, each in zip(scales.depths, scales.sizes, strict=True)
    ]
    x = seen.pop()
    code = torch.nn.Sequential(*scales.read(torch.Size([2, 7])))(x)
    assert code.shape == (2, 2, 7)
    x = torch.nn.Sequential(*scales.write(14))(code.flatten(1))
    for depth_in, depth_out, target in scales.outwards():
        x = growing(depth_in, depth_out, target)(x)
        assert x.shape == seen.pop().shape
    assert not seen
    wide = torch.nn.Sequential(*scales.write(14, times=2))(code.flatten(1))
    assert wide.shape == (2, 8, *scales.sizes[-1])
