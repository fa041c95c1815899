"""What the configuration in a run's folder says, held against the one that is asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from .config_file import to_yaml

STARTING = ("output_dir", "backend", "nproc_per_node", "profile", "checkpoint_every", "time_limit_minutes")
"""How and where a run is started, which is not what it computes: `--resume auto` looks past these fields."""

MAY_CHANGE = (*STARTING, "max_epochs", "patience", "num_workers", "eval_batch_size")
"""What a run may go on with another value of; with another value of any other field it would be another run."""


def changes(config: Any, saved: Path) -> dict[str, tuple[Any, Any]]:
    """Fields of which the saved configuration has another value, as flags name them: that value, and the new one."""
    before, now = _fields(saved.read_bytes()), _fields(to_yaml(config))
    return {name: (before[name], value) for name, value in now.items() if before.get(name, value) != value}


def identity(config_yaml: str | bytes) -> dict[str, Any]:
    """What a run with this configuration computes."""
    return {name: value for name, value in _fields(config_yaml).items() if name not in STARTING}


def _fields(config_yaml: str | bytes) -> dict[str, Any]:
    """The fields by the names of their flags, as `optimizer.learning_rate`; none if it is another program's file."""
    import yaml

    try:
        return dict(_leaves(yaml.safe_load(config_yaml)))
    except (yaml.YAMLError, ValueError, AttributeError):  # the second of dates that there are not
        return {}


def _leaves(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", leaf) for inner, leaf in _leaves(cast("dict[str, Any]", value)))
        else:
            yield name, value
