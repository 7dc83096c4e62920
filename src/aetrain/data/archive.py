"""Files by name, in a folder or in a zip."""

import os
import weakref
import zipfile
from pathlib import Path
from typing import IO, Protocol, final

from aetrain.errors import UserError


class Store(Protocol):
    """Files by name, the parts of a name separated by slashes."""

    path: Path

    def names(self) -> list[str]:
        """Return all names of files."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open one file to be read."""
        ...


def open_store(path: Path) -> Store:
    """Return the folder or the zip. Raises UserError where `path` is neither."""
    if path.is_dir():
        return _Folder(path)
    if not path.exists():
        raise UserError(f"{path}: does not exist; name a folder or a .zip with dataset.path=...")
    return _Zip(path)


def split_name(name: str) -> tuple[str, ...]:
    """Return the folders and the last part of a name."""
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


@final
class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        walk = os.walk(self.path, followlinks=True)
        return [
            os.path.relpath(os.path.join(folder, name), self.path).replace(os.sep, "/")
            for folder, _, files in walk
            for name in files
        ]

    def open(self, name: str) -> IO[bytes]:
        return open(os.path.join(self.path, name), "rb")


@final
class _Zip:
    """A zip file; each process opens it anew, since a forked file position is shared."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: tuple[int, zipfile.ZipFile] | None = None

    def __getstate__(self) -> dict[str, object]:
        return {"path": self.path, "_opened": None}

    def names(self) -> list[str]:
        members = [info.filename for info in self._file().infolist() if not info.is_dir()]
        for name in members:
            parts = split_name(name)
            if ".." in parts or name[0] in "/\\" or name[1:2] == ":":
                raise UserError(
                    f"{self.path}/{name}: points out of the zip; make the zip anew without it"
                )
        return members

    def open(self, name: str) -> IO[bytes]:
        return self._file().open(name)

    def _file(self) -> zipfile.ZipFile:
        if self._opened is None or self._opened[0] != os.getpid():
            try:
                file = zipfile.ZipFile(self.path)
                self._opened = (os.getpid(), file)
                # closed before it is collected, also as part of a refused data set's cycle
                weakref.finalize(self, file.close)
            except (OSError, zipfile.BadZipFile) as error:
                empty = " (it is empty)" if not self.path.stat().st_size else ""
                raise UserError(
                    f"{self.path}: is neither a folder nor a readable zip{empty}; "
                    "name one with dataset.path=..."
                ) from error
        return self._opened[1]
