from aetrain.console import _number, collapsed  # pyright: ignore[reportPrivateUsage]


def test_a_figure_that_is_no_number_is_named_so() -> None:
    results = {"test/nll": None, "test/nll_se": None, "test/elbo": -3.14159, "test/elbo_se": 0.25}
    assert _number("test/nll", results) == "not finite"
    assert _number("test/elbo", results) == "-3.14 ± 0.25"
    assert _number("test/elbo", {**results, "test/elbo_se": None}) == "-3.14"


def test_shares_of_one_have_four_digits() -> None:
    results = {"test/error": 0.02516, "test/cluster_accuracy": 0.9554, "test/rate": 17.96399}
    assert _number("test/error", results) == "0.0252"
    assert _number("test/cluster_accuracy", results) == "0.9554"
    assert _number("test/rate", results) == "17.96"
    bounds = {"test/svm_accuracy": 0.5, "test/svm_accuracy_low": 0.4, "test/svm_accuracy_high": 0.6}
    assert _number("test/svm_accuracy", bounds) == "0.5000 [0.4000, 0.6000]"


def test_a_code_that_nothing_is_told_by_is_named() -> None:
    results = {"test/rate": 0.1, "test/active_units": 1.0, "latent": 16}
    assert collapsed(results)
    assert not collapsed({**results, "test/active_units": 2.0})
    assert not collapsed({"test/active_units": 0.0, "latent": 16})  # an autoencoder's
