"""How wide the layers are that a model, and not a network of a choice, is given."""

from collections.abc import Sequence

from aetrain.errors import UserError


def require_widths(hidden: Sequence[int], group: str = "model") -> Sequence[int]:
    """Return the widths of hidden layers; none at all makes a linear map.

    Arguments:
        hidden: the widths.
        group: of which `hidden` is an option.

    Raises:
        UserError: where one is below 1: behind such a layer everything is constant.
    """
    if min(hidden, default=1) < 1:
        raise UserError(f"{group}.hidden={list(hidden)}: widths must be at least 1")
    return hidden
