from aetrain.console import _number  # pyright: ignore[reportPrivateUsage]


def test_a_figure_that_is_no_number_is_named_so() -> None:
    results = {"test/nll": None, "test/nll_se": None, "test/elbo": -3.14159, "test/elbo_se": 0.25}
    assert _number("test/nll", results) == "not finite"
    assert _number("test/elbo", results) == "-3.14 ± 0.25"
    assert _number("test/elbo", {**results, "test/elbo_se": None}) == "-3.14"
