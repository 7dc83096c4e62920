"""The configuration composed from Python, and what it is composed of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aetrain.config.allowlist import walk
from aetrain.config.files import conf_files, searched
from aetrain.errors import UserError, UserErrors

if TYPE_CHECKING:
    from omegaconf import DictConfig


HYDRAS = ("hydra._internal.core_plugins.", "hydra_plugins.")
OWN = {"_target_": HYDRAS, "class": ("logging.",), "()": ("colorlog.",), "factory": ()}
"""Key that names code -> where that code may come from."""


@dataclass(frozen=True)
class Composed:
    """A configuration without Hydra's own node.

    Attributes:
        cfg: not resolved yet.
        choices: group -> name of the choice, for the groups that have one.
        sweeper: Hydra's settings of what chooses the jobs of a sweep.
    """

    cfg: "DictConfig"
    choices: dict[str, str]
    sweeper: dict[str, Any]


def compose(overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()) -> Composed:
    """Return the configuration that the command line `aetrain <overrides>` would have.

    Raises:
        UserError: for a directory that is not there.
        Exception: Hydra's and OmegaConf's, for `explain.explain`.
    """
    from hydra import compose as hydra_compose
    from omegaconf import OmegaConf, open_dict

    register_resolvers()
    words = with_searchpath(overrides, _existing(overrides, config_dirs))
    with _hydra():
        cfg = hydra_compose("train", words, return_hydra_config=True)
    if refused := list(foreign(OmegaConf.to_container(cfg.hydra, resolve=False), "hydra")):
        raise UserErrors(refused)
    choices = choices_of(cfg.hydra)
    sweeper: Any = OmegaConf.to_container(cfg.hydra.sweeper, resolve=False)
    with open_dict(cfg):
        del cfg["hydra"]
    return Composed(cfg, choices, sweeper)


def with_searchpath(overrides: Sequence[str], directories: Sequence[str]) -> list[str]:
    """Return overrides with these directories as Hydra's only ones beside aetrain's own."""
    own = [o for o in overrides if not o.startswith("hydra.searchpath=")]
    return [f"hydra.searchpath=[{','.join(map(_quoted, directories))}]", *own]


def foreign(node: Any, key: str) -> Iterator[str]:
    """Yield a message for each piece of code that Hydra's own node names and that is not Hydra's.

    Hydra makes these objects (callbacks, launchers, log handlers) before a job is composed.
    """
    if isinstance(node, dict):
        for name, value in node.items():
            own = OWN.get(name)
            if own is not None and isinstance(value, str) and not value.startswith(own):
                yield f"{key}.{name}={value!r}: is not allowed in Hydra's own settings"
            yield from foreign(value, f"{key}.{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from foreign(value, f"{key}[{number}]")


def choices_of(hydra: Any) -> dict[str, str]:
    """Return group -> name of the choice, from Hydra's own node; `HydraConfig.get()` is one."""
    chosen = dict(hydra.runtime.choices)
    return {k: str(v) for k, v in chosen.items() if v is not None and not k.startswith("hydra/")}


def keys(cfg: "DictConfig | None" = None) -> list[str]:
    """Return all dotted keys of a configuration, by default of the one without overrides."""
    from omegaconf import OmegaConf

    raw: Any = OmegaConf.to_container(compose().cfg if cfg is None else cfg, resolve=False)
    return [key for key, _ in walk(raw) if "[" not in key]


def register_resolvers() -> None:
    """Make `${reverse:<list>}` known; a decoder has the encoder's widths in reverse."""
    from omegaconf import OmegaConf

    OmegaConf.register_new_resolver("reverse", _reverse, replace=True)


def _reverse(values: Any) -> Any:
    # what is no list is handed on as it is, and refused where the user wrote it
    from omegaconf import ListConfig, OmegaConf

    # a configuration of its own: `--resolve` puts no plain list into another
    return OmegaConf.create(list(values)[::-1]) if isinstance(values, ListConfig | list) else values


@contextmanager
def _hydra() -> Iterator[None]:
    """Start Hydra on aetrain's directory and leave its global state as it was."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    saved = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(conf_files()), version_base="1.3"):
            yield
    finally:
        GlobalHydra.instance().hydra = saved


def _existing(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> list[str]:
    directories = searched(overrides, config_dirs)
    for directory in directories:
        if not Path(directory).is_dir():
            raise UserError(f"--config-dir={directory}: no such directory; correct the path")
    return directories


def _quoted(directory: str) -> str:
    path = str(Path(directory).absolute()).replace("\\", "\\\\").replace("'", r"\'")
    return f"'file://{path}'"
