"""metrics.csv."""

import csv
from pathlib import Path

from aetrain.loggers.csv import CSV


def rows(path: Path) -> list[dict[str, str]]:
    with (path / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_new_figure_adds_a_column(tmp_path: Path) -> None:
    log = CSV(tmp_path)
    log.log_metrics({"a": 1.0}, 1)
    log.log_metrics({"a": 2.0}, 2)
    log.log_metrics({"b": 3.0}, 2)
    assert [(r["step"], r["a"], r["b"]) for r in rows(tmp_path)] == [
        ("1", "1.0", ""),
        ("2", "2.0", ""),
        ("2", "", "3.0"),
    ]


def test_a_resumed_run_drops_what_came_later(tmp_path: Path) -> None:
    log = CSV(tmp_path)
    for step in (1, 2, 3):
        log.log_metrics({"a": float(step)}, step)
    CSV(tmp_path, step=2).log_metrics({"a": 30.0}, 3)
    assert [(r["step"], r["a"]) for r in rows(tmp_path)] == [
        ("1", "1.0"),
        ("2", "2.0"),
        ("3", "30.0"),
    ]
