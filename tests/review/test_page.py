"""Results and settings as tables."""

import markdown

from aetrain.review.page import configuration, results_page

RESULTS = {
    "test/elbo": -24.520611,
    "test/elbo_se": 0.32749,
    "test/probe_accuracy": 0.9,
    "test/probe_accuracy_low": 0.85,
    "test/probe_accuracy_high": 0.94,
    "test/nll": None,
    "epochs": 20,
    "command": "aetrain network.hidden=[8] 'a|b'",
}


def cells(text: str) -> list[list[str]]:
    html = markdown.markdown(text, extensions=["tables"])
    rows = html.replace("<code>", "").replace("</code>", "").split("<tr>")[1:]
    return [[c.split("</td>")[0] for c in row.split("<td>")[1:]] for row in rows if "<td>" in row]


def test_figures_stand_with_their_errors() -> None:
    assert cells(results_page(RESULTS)) == [
        ["elbo", "-24.5206 ± 0.33"],
        ["probe_accuracy", "0.9 [0.85, 0.94]"],
        ["nll", "null"],
        ["epochs", "20"],
        ["command", "aetrain network.hidden=[8] 'a¦b'"],
    ]


def test_settings_are_keys_as_they_are_typed() -> None:
    config = {"seed": 0, "network": {"hidden": [8], "x": {}}, "trainer": {"a": {"b": True}}}
    assert cells(configuration(config)) == [
        ["seed", "0"],
        ["network.hidden", "[8]"],
        ["network.x", "{}"],
        ["trainer.a.b", "true"],
    ]
