"""Run directories."""

from pathlib import Path

import yaml

from aetrain.run import Run


def test_overrides_are_appended(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "r", exclusive=True)
    run.write_config({"a": 1}, {"model": "ae"}, ["x=1"])
    run.write_config({"a": 2}, {"model": "vae"}, ["resume=r"])
    assert yaml.safe_load((run.path / "config.yaml").read_text()) == {"a": 2}
    assert yaml.safe_load((run.path / "overrides.yaml").read_text()) == [["x=1"], ["resume=r"]]
    assert yaml.safe_load((run.path / "choices.yaml").read_text()) == {"model": "vae"}
    assert run.commands() == [["x=1"], ["resume=r"]]
    assert Run.open(run.path).path == run.path
