"""One training program for the whole autoencoder family.

From a shell: `aetrain model=vae likelihood=bernoulli`. From Python:

    results = aetrain.train(["model=vae", "dataset=mnist"])
    trained = aetrain.load(results["run"])
    z = trained.encode(x)
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "load", "train"]

if TYPE_CHECKING:
    from aetrain.api import train
    from aetrain.trained import load


def __getattr__(name: str) -> Any:
    # torch and Lightning take seconds to import; the shell's --help must not wait for them
    if name == "load":
        from aetrain.trained import load

        return load
    if name == "train":
        return importlib.import_module("aetrain.train")  # a module that can be called
    raise AttributeError(f"module 'aetrain' has no attribute '{name}'")
