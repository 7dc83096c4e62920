"""Checkpoint files."""

import re
from pathlib import Path

import pytest
import torch

from aetrain.checkpoint import read, written_whole
from aetrain.errors import UserError
from aetrain.run import find_checkpoint

CONTENT = {"aetrain": {}, "state_dict": {}}


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("executed",)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    path.write_text("old")

    def fail() -> None:
        with written_whole(path) as part:
            part.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match=r"No space left on device.*the checkpoint before it is"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_replaces_in_one_move(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    with written_whole(path) as part:
        torch.save(CONTENT, part)
        assert not path.exists()
    assert read(path) == CONTENT


def test_nothing_in_a_file_is_executed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.ckpt"
    torch.save({**CONTENT, "more": Harmful()}, path)
    with pytest.raises(UserError, match="more than tensors and plain containers"):
        read(path)
    assert "executed" not in capsys.readouterr().out


def test_what_is_wrong_with_a_file_is_said_in_a_line(tmp_path: Path) -> None:
    whole = tmp_path / "whole.ckpt"
    torch.save({**CONTENT, "w": torch.randn(3000)}, whole)
    content = bytearray(whole.read_bytes())
    (tmp_path / "cut.ckpt").write_bytes(content[:5000])
    (tmp_path / "empty.ckpt").touch()
    (tmp_path / "text.ckpt").write_text("no checkpoint\n")
    torch.save({**CONTENT, "more": Harmful()}, tmp_path / "object.ckpt")
    torch.save([1], tmp_path / "list.ckpt")
    told = {
        "cut": "truncated or damaged: its end is missing",
        "empty": "truncated or damaged, or not a file of torch.save",
        "text": "truncated or damaged, or not a file of torch.save",
        "object": "holds more than tensors and plain containers (print), which could run code",
        "list": "not a checkpoint of aetrain",
        "absent": "no such checkpoint",
    }
    remedy = "use a run's directory, or another of its checkpoints"
    for name, fault in told.items():
        path = tmp_path / f"{name}.ckpt"
        with pytest.raises(UserError) as error:
            read(path)
        assert str(error.value) == f"{path}: {fault}; {remedy}"
    (tmp_path / "cut.ckpt").write_bytes(whole.read_bytes()[:-10])
    with pytest.raises(UserError, match="truncated or damaged"):
        read(tmp_path / "cut.ckpt")


def test_find_prefers_the_best(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    with pytest.raises(UserError, match="the run has no checkpoint yet"):
        find_checkpoint(tmp_path)
    (checkpoints / "last.ckpt").touch()
    assert find_checkpoint(tmp_path).name == "last.ckpt"
    (checkpoints / "best.ckpt").touch()
    assert find_checkpoint(tmp_path).name == "best.ckpt"


def test_no_file_is_unpickled_anywhere() -> None:
    """Each load says that it takes weights only, or that it takes no objects."""
    root = Path(__file__).parents[1]
    banned = re.compile(r"weights_only=False|allow_pickle=True|^\s*(import|from) c?pickle\b", re.M)
    careless = re.compile(r"\b(torch|np)\.load\((?!.*(weights_only=True|allow_pickle=False))")
    for path in (*root.glob("src/**/*.py"), *root.glob("scripts/*.py")):
        text = path.read_text()
        assert not banned.search(text), path
        assert not careless.search(text), path
