"""`python -m aetrain` is `aetrain`."""

import sys

from aetrain.train import main

if __name__ == "__main__":
    sys.exit(main())
