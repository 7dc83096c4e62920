"""`python -m aetrain.cli` is `ae`."""

import sys

from aetrain.cli.program import main

if __name__ == "__main__":
    sys.exit(main())
