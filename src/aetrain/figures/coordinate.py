"""What figures call the numbers of a code."""

BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def coordinate(number: int) -> str:
    """Return z₀, z₁ and so on: counted from 0, as `ae traverse --dim` and columns of files are."""
    return f"z{str(number).translate(BELOW)}"
