"""Where a run's data are, written down so that the run can be used from anywhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aetrain.errors import UserError

KEYS = ("root", "path")


def settle_places(dataset: dict[str, Any]) -> None:
    """Make the places of a data set's files absolute: a user's are relative to the shell's."""
    for node in (dataset, dataset["source"]):
        for key in KEYS:
            place = node.get(key)
            if isinstance(place, str) and "://" not in place:
                node[key] = str(Path(place).expanduser().absolute())


def elsewhere(error: UserError, dataset: Mapping[str, Any]) -> UserError:
    """Return what to say where the data of a finished run cannot be read: how to name the place."""
    # the folder of downloads may be there, without the files
    missing = [k for k in KEYS if k in dataset and (k == "root" or not _is_there(dataset[k]))]
    options = " or ".join(f"-d {key}=..." for key in missing)
    return UserError(f"{error}; for data that have moved, ae takes {options}") if missing else error


def _is_there(place: Any) -> bool:
    return not isinstance(place, str) or Path(place).expanduser().exists()
