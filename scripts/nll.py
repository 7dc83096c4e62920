"""Compare trained runs by log p(x) on the same test images, with the error of the difference.

    python scripts/nll.py RUN RUN ... --images 1000 --samples 5000

NLL is importance-sampled, in nats per image, on the first images of the test split. A difference of
two runs is the mean over the images of the difference for each, whose standard error is far smaller
than that of either: an image that is hard for one model is hard for the other.
"""

import argparse
import time
from pathlib import Path

import torch
from torch import Tensor

import aetrain
from aetrain.agreement import likelihood_support
from aetrain.build import build_data
from aetrain.seeding import EVALUATE, seed_torch
from aetrain.trained import Trained

BLOCK = 100


def test_images(trained: Trained, images: int) -> Tensor:
    """Return the first test images x, binarised by the draw that the split's seed fixes."""
    data = build_data(trained.config)
    support = likelihood_support(trained.config)
    data.suit(support)
    data.load(support)
    return data.first("test", images, torch.device("cpu"))["x"]


def nll(trained: Trained, x: Tensor, samples: int) -> Tensor:
    """Return −log p(x), (N,), block by block, each block with a seed of its own."""
    found = []
    for number, block in enumerate(x.split(BLOCK)):
        seed_torch(torch.device("cpu"), EVALUATE, number)
        log_p = trained.model.log_prob(block, samples)
        assert log_p is not None, "the model defines no p(x)"
        found.append(-log_p)
    return torch.cat(found)


def shown(values: Tensor) -> str:
    """Return mean ± standard error."""
    return f"{values.mean():8.3f} ± {values.std() / len(values) ** 0.5:.3f}"


def main() -> None:
    """Print a line for each run, and its difference to the first."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=5000)
    given = parser.parse_args()
    first: Tensor | None = None
    x: Tensor | None = None
    print(f"{given.images} test images, {given.samples} samples of z each; nats")
    for run in given.runs:
        start = time.perf_counter()
        trained = aetrain.load(run)
        images = test_images(trained, given.images)
        x = images if x is None else x
        if not torch.equal(x, images):
            raise SystemExit(f"{run}: its test images are not those of {given.runs[0]}")
        costs = nll(trained, images, given.samples).double()
        seconds = time.perf_counter() - start
        difference = "" if first is None else f"  less than the first by {shown(first - costs)}"
        print(f"{Path(run).name:<24} {shown(costs)}{difference}  {seconds:.0f} s", flush=True)
        first = costs if first is None else first


if __name__ == "__main__":
    main()
