"""Files that are written whole or not at all; what to say where nothing can be written."""

import errno
import os
from pathlib import Path

from aetrain.errors import UserError

FULL, CLOSED = "free some space, or ", "make it writable, or "
MENDED = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EIO: FULL,  # torch's writer does not say what cut it short, see `checkpoint`
    errno.EACCES: CLOSED,
    errno.EPERM: CLOSED,
    errno.EROFS: CLOSED,
}
"""What to do, beside choosing another place."""


def create_directory(path: Path, *, exclusive: bool, option: str = "run.dir=...") -> Path:
    """Make a directory; where the name is taken, take the next: `<path>-2`, `<path>-3`, ...

    Arguments:
        path: where; a relative path is relative to the shell's directory.
        exclusive: False where the directory may be there already, and no other is to be taken.
        option: what sets the place.

    Raises:
        UserError: where it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = 0
        while True:
            number += 1
            candidate = path if number == 1 else path.with_name(f"{path.name}-{number}")
            try:
                candidate.mkdir(exist_ok=not exclusive)
            except FileExistsError:
                if not exclusive:
                    raise
                continue
            return candidate
    except OSError as error:
        raise cannot_write(path, error, option) from error


def cannot_write(path: Path, error: OSError, option: str = "run.dir=...") -> UserError:
    """Say that a place cannot be written, and why; `option` is what sets the place."""
    mended, why = MENDED.get(error.errno or 0, ""), error.strerror or error
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        files = (p for p in (path, *path.parents) if os.path.lexists(p) and not p.is_dir())
        why = next((f"{file} is no directory" for file in files), why)
    return UserError(
        f"{path}: cannot be written ({why}): {mended}choose another place with {option}"
    )


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file under another name first, then move it to its own."""
    part = path.with_suffix(path.suffix + ".part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
