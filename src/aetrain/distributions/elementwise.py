"""Products of elements that have no distribution of their own in torch."""

from typing import NoReturn

from aetrain.distributions.product import Product


class Elementwise(Product):
    """A `Product` that computes mean, variance and draws itself; nothing goes to an inner one.

    What a subclass does not offer, such as an entropy or a KL in closed form, raises
    NotImplementedError, as torch's own distributions do.
    """

    # torch's `Independent` would ask the inner distribution
    has_rsample = False  # pyright: ignore
    has_enumerate_support = False  # pyright: ignore

    @property
    def base_dist(self) -> NoReturn:  # pyright: ignore[reportIncompatibleVariableOverride]
        """There is none."""
        raise NotImplementedError(f"{type(self).__name__} has no inner distribution")

    def __repr__(self) -> str:
        name, batch, event = type(self).__name__, self.batch_shape, self.event_shape
        return f"{name}(batch_shape={tuple(batch)}, event_shape={tuple(event)})"
