"""Train the VAE of Kingma and Welling's size on real MNIST and hold its test ELBO to the bar.

    python scripts/mnist_bar.py --root data [overrides ...]

`experiment=vae_mnist`: 784-400-20, 20 epochs, Adam 1e-3, batches of 128, dynamic binarisation.
Exit status 1 where the test ELBO is below the bar.
"""

import argparse
import math
import sys

from aetrain.api import train

BAR = -102.5  # nats


def main() -> int:
    """Train, print the figures beside the bar, return the exit status."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--root", default="data", help="folder that holds MNIST/raw")
    parser.add_argument("overrides", nargs="*", help="such as seed=1 or run.dir=/tmp/vae")
    given = parser.parse_args()
    results = train(["experiment=vae_mnist", f"dataset.root={given.root}", *given.overrides])
    elbo = results.get("test/elbo", math.nan)
    print(f"{results['epochs']} epochs in {results['time/fit_s']:.0f} s, run {results['run']}")
    print(f"test ELBO {elbo:.2f} nats, bar {BAR}: {'reached' if elbo >= BAR else 'MISSED'}")
    return 0 if elbo >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
