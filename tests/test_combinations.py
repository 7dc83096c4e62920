"""Every pair of choices of any two axes is fitted somewhere or refused; nothing fails otherwise.

What is on the page is shown again, in few rows; the slow test searches anew, as the script does.
"""

import itertools
import sys
from pathlib import Path
from typing import Any

import pytest

# the covering array is made once, by whichever test comes first
pytestmark = pytest.mark.timeout(900)

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture(scope="module")
def combinations() -> Any:
    sys.path.insert(0, str(SCRIPTS))
    try:
        import combinations
    finally:
        sys.path.remove(str(SCRIPTS))
    return combinations


@pytest.fixture(scope="module")
def known(combinations: Any) -> Any:
    return combinations.known()


@pytest.fixture(scope="module")
def done(combinations: Any, known: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = combinations.Data(tmp_path_factory.mktemp("data"))
    return combinations.cover(data, tries=50, known=known)


def test_nothing_fails_otherwise(done: Any) -> None:
    assert done.faults == {}


def test_every_pair_occurs(combinations: Any, done: Any) -> None:
    axes = combinations.axes()
    count = sum(len(a) * len(b) for i, a in enumerate(axes) for b in axes[i + 1 :])
    assert len(done.fits) + len(done.refused) == count
    for pair, row in done.fits.items():
        assert pair in set(combinations.pairs(row))
        assert done.rows[row] is None


def test_refusals_are_one_line_and_name_a_remedy(done: Any) -> None:
    for why in {why for why in done.rows.values() if why}:
        assert "\n" not in why
        assert any(word in why for word in ("use ", "set ", "choose ", "must be ", "declare ")), why


def test_every_choice_fits_somewhere(combinations: Any, done: Any) -> None:
    fitting = {(i, a) for i, a, _, _ in done.fits} | {(j, b) for _, _, j, b in done.fits}
    assert fitting == {(i, name) for i, names in enumerate(combinations.axes()) for name in names}


def test_the_page_says_what_fits_and_what_is_refused(known: Any, done: Any) -> None:
    again = "run python scripts/combinations.py"
    assert known.fits.keys() ^ done.fits.keys() == set(), again
    assert known.refused.keys() ^ done.refused.keys() == set(), again


@pytest.mark.slow
def test_the_page_is_what_a_search_finds(combinations: Any, tmp_path: Path) -> None:
    found = combinations.page(combinations.cover(combinations.Data(tmp_path)))
    assert combinations.PAGE.read_text() == found, "run python scripts/combinations.py"


def test_a_page_is_read_as_it_was_written(combinations: Any) -> None:
    axes, choices = ("model", "prior"), [["vae", "gan", "none"], ["normal", "none"]]
    fits = [(0, m, 1, p) for m in choices[0] for p in choices[1] if (m, p) != ("gan", "none")]
    refused = {(0, "gan", 1, "none"): "prior=none: is no prior; choose normal | another"}
    page = combinations.written(axes, choices, fits, refused)
    found, why = combinations.read(page, axes, choices)
    assert (set(found), why) == (set(fits), refused)


def test_triples_of_choices_that_go_together_are_tried(
    combinations: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    few = [["vae", "gan"], ["bernoulli", "gaussian"], ["diagonal_gaussian", "delta"]]
    few += [["standard_normal"], ["mlp"], ["none"], ["digits"]]
    monkeypatch.setattr(combinations, "axes", lambda: few)
    done, fit, refused = combinations.triples(combinations.Data(tmp_path))
    assert done.faults == {}
    together = list(combinations._fitting_triples(done))
    assert together
    fitted = [row for row, why in done.rows.items() if why is None]
    met = {triple for row in fitted for triple in itertools.combinations(enumerate(row), 3)}
    assert len(met) == fit
    assert len(set(together) - met) == refused
