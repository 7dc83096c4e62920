"""Files and directories that are made, and what is said where they cannot be."""

import errno
import os
from pathlib import Path

import pytest

from aetrain.errors import UserError
from aetrain.writing import cannot_write, create_directory, write_atomically


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    made = [create_directory(tmp_path / "a", exclusive=True).name for _ in range(3)]
    assert made == ["a", "a-2", "a-3"]
    assert create_directory(tmp_path / "a", exclusive=False).name == "a"


@pytest.mark.parametrize("place", ["/proc/none/x", "/dev/full/x"])
def test_a_place_that_cannot_be_written(place: str) -> None:
    with pytest.raises(UserError, match=r"cannot be written \(.*\): choose another place with run"):
        create_directory(Path(place), exclusive=True)


@pytest.mark.parametrize("below", [".", "b", "b/c"])
def test_a_file_in_the_way_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "a").touch()
    path = tmp_path / "a" / below
    with pytest.raises(UserError) as raised:
        create_directory(path, exclusive=False)
    told = f"{path}: cannot be written ({tmp_path / 'a'} is no directory): choose another place"
    assert str(raised.value) == f"{told} with run.dir=..."
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space, or choose"),
        (errno.EDQUOT, "free some space, or choose"),
        (errno.EIO, "free some space, or choose"),
        (errno.EACCES, "make it writable, or choose"),
        (errno.EROFS, "make it writable, or choose"),
        (errno.EFBIG, "choose"),
    ],
)
def test_the_remedy_is_of_what_is_wrong(number: int, remedy: str) -> None:
    found = cannot_write(Path("a"), OSError(number, os.strerror(number)), "-o")
    assert str(found) == (
        f"a: cannot be written ({os.strerror(number)}): {remedy} another place with -o"
    )


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, "1")

    def half(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:1])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "23")
    assert path.read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
