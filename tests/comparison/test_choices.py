"""What runs differ in."""

from aetrain.comparison.choices import differing


def test_only_what_differs():
    choices = [{"model": "vae", "prior": "flow"}, {"model": "vae", "prior": "vamp"}]
    configs = [
        {"seed": 0, "latent": 2, "prior._target_": "a", "prior.steps": 3, "run.dir": "x"},
        {"seed": 1, "latent": 2, "prior._target_": "b", "prior.components": 9, "run.dir": "y"},
    ]
    assert differing(choices, configs) == {"prior": ["flow", "vamp"], "seed": [0, 1]}


def test_a_key_of_some_runs_where_no_choice_says_so():
    configs = [{"objective.weights.rate": 2.0}, {}, {}]
    found = differing([{}, {}, {}], configs)
    assert found == {"objective.weights.rate": [2.0, None, None]}


def test_what_follows_another_key_is_told_once():
    a = {"network.hidden": [8], "network.encoder.hidden": [8], "network.decoder.hidden": [8]}
    b = {"network.hidden": [9], "network.encoder.hidden": [9], "network.decoder.hidden": [7]}
    assert differing([{}, {}], [a, b]) == {
        "network.hidden": [[8], [9]],
        "network.decoder.hidden": [[8], [7]],
    }


def test_runs_that_are_alike():
    assert differing([{"model": "ae"}] * 2, [{"seed": 0}] * 2) == {}
