import re
import subprocess
import sys
import time

import pytest

from aetrain.config.files import conf_files, groups, summary
from aetrain.config.helptext import KEYS, ORDER, help_text
from aetrain.config.overrides import wrong_overrides

TEXT = help_text()
LINES = TEXT.splitlines()


def test_it_fits_a_terminal():
    assert max(map(len, LINES)) <= 100
    assert not any(line != line.rstrip() for line in LINES)


@pytest.mark.parametrize("group", groups())
def test_every_choice_has_its_line(group: str):
    for choice in groups()[group]:
        words = summary(conf_files() / group / f"{choice}.yaml").split()[:3]
        pattern = rf" {re.escape(choice)} +{re.escape(' '.join(words))}"
        assert any(re.search(pattern, line) for line in LINES), choice


def test_groups_come_in_a_sensible_order():
    assert set(ORDER) == set(groups())
    starts = [line.split()[0] for line in LINES if re.match(r"  \w+ +\*? +\w+  ", line)]
    assert [name for name in starts if name in ORDER] == list(ORDER)


def test_columns_are_aligned():
    table = LINES[LINES.index("Groups: group=choice (* is the default)") + 1 :]
    table = table[: table.index("")]
    starts = {match.end() for line in table if (match := re.match(r"  .{12} . \w+ +", line))}
    assert len(starts) == 1


def test_the_defaults_are_marked():
    assert "  model        * vae " in TEXT
    assert "                 ae " in TEXT


@pytest.mark.parametrize("key", [key for key, _, _ in KEYS if key != "allow"])
def test_every_key_has_a_value_and_a_text(key: str):
    (line,) = [line for line in LINES if line.startswith(f"  {key} ")]
    assert len(re.split(r"  +", line.strip())) == 3


def test_a_key_of_train_yaml_has_its_comment():
    assert any(re.fullmatch(r"  latent +16 +dimensions of z", line) for line in LINES)


def test_what_a_newcomer_must_find():
    for words in (
        *("tensorboard --logdir outputs", "aetrain -m model=ae,vae seed=", "resume=", "--cfg job"),
        *("--hydra-help", "--config-dir", "outputs/<date>/<time>-<model>-<dataset>/"),
        *("0 done; 2 ", " 1 a fault", "130 stopped by Ctrl-C"),
    ):
        assert words in TEXT


def examples() -> list[list[str]]:
    start = LINES.index("Examples") + 1
    lines = LINES[start : LINES.index("", start)]
    return [re.split(r"  +", line.strip())[0].split()[1:] for line in lines]


def test_the_examples_are_right():
    assert len(examples()) == 5
    for words in examples():
        overrides = [word for word in words if word != "-m"]
        assert wrong_overrides(overrides, multirun="-m" in words) == []


def test_it_comes_at_once():
    code = (
        "import sys; from aetrain.config.helptext import help_text; help_text();"
        " assert not {'torch', 'hydra', 'omegaconf', 'yaml'} & set(sys.modules)"
    )
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    assert time.perf_counter() - started < 0.7
