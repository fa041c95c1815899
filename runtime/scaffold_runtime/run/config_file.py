"""A configuration made of dataclasses: from flags, to YAML, and back.

A saved file is read by the types of the fields, not by turning it into flags: what was written is what is read, and
flags that are given beside it change single fields.
"""

import argparse
import contextlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

ConfigT = TypeVar("ConfigT")

HINT = "Hint:  Runs save theirs as outputs/RUN/config.yaml."


@dataclass(frozen=True)
class AtLeast:
    """The smallest value that a field takes: `Annotated[int, AtLeast(1)]`."""

    bound: float


PositiveInt: TypeAlias = Annotated[int, AtLeast(1)]
NonNegativeInt: TypeAlias = Annotated[int, AtLeast(0)]
NonNegativeFloat: TypeAlias = Annotated[float, AtLeast(0)]


def config_from_arguments(
    kind: type[ConfigT], arguments: Sequence[str] | None = None, *, description: str | None = None
) -> ConfigT:
    """The configuration that a command line asks for: `--config FILE` or the run's in `--resume FOLDER`, then flags.

    Args:
        kind: a dataclass whose fields all have defaults; fields may be dataclasses themselves.
        arguments: the words after the program's name; `sys.argv[1:]` if not given.
        description: what `--help` begins with.

    Raises:
        SystemExit: a flag or the file is not what the fields take; or `--help` was asked for.
    """
    import tyro  # here, so that the runtime itself needs nothing but torch

    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for flag in ("--config", "--resume"):
        first.add_argument(flag, nargs="?", const="")
    found, flags = first.parse_known_args(sys.argv[1:] if arguments is None else arguments)
    if found.resume is not None:
        flags += ["--resume", found.resume]
        saved = Path(found.resume, "config.yaml")  # a run goes on with its own settings
        found.config = str(saved) if found.config is None and saved.is_file() else found.config
    default = kind() if found.config is None else _read(kind, Path(found.config))
    program = f"python -m {kind.__module__.partition('.')[0]}.train"  # not the file, which cannot be run
    config = tyro.cli(kind, prog=program, args=flags, default=default, description=description)
    _check_bounds(config)
    return config


def _check_bounds(config: Any, path: str = "--") -> None:
    for name, hint in get_type_hints(cast("type[Any]", type(config)), include_extras=True).items():
        value: Any = getattr(config, name)
        flag = path + name.replace("_", "-")
        if is_dataclass(hint):
            _check_bounds(value, f"{flag}.")
        marks = [mark for part in (hint, *get_args(hint)) for mark in getattr(part, "__metadata__", ())]
        for limit in (mark.bound for mark in marks if isinstance(mark, AtLeast)):
            if value is not None and not value >= limit:  # as NaN is not
                raise SystemExit(f"Error: {flag} should be at least {limit}, got {value}.")


def to_yaml(config: Any) -> str:
    """A configuration as YAML, to be read again by `--config`: without `name` and `resume`, which are of one run.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Config:
        ...     betas: tuple[float, float] = (0.9, 0.95)
        ...     root: Path = Path("data")
        >>> print(to_yaml(Config()), end="")
        betas:
        - 0.9
        - 0.95
        root: data
    """
    import yaml

    fields = {name: value for name, value in _plain(config).items() if name not in ("name", "resume")}
    return yaml.safe_dump(fields, sort_keys=False)


def from_plain(kind: Any, value: Any, name: str = "") -> Any:
    """The value that YAML's plain types stand for, where a field of this type is wanted.

    Args:
        kind: the field's type: a dataclass, `Path`, `Literal`, `Mapping`, `tuple`, `list`, a union, or a plain type.
        value: what YAML gave: mappings, lists, texts, numbers, None.
        name: the field's, as errors call it.

    Raises:
        ValueError: the value does not fit the type.

    Example:
        >>> from_plain(tuple[float, ...], [1, 0.5])
        (1.0, 0.5)
        >>> from_plain(Path | None, "data").name
        'data'
    """
    origin: Any = get_origin(kind)
    inner, found = get_args(kind), cast("type[Any]", type(value))  # compared by `is`: a bool is an int, too
    if is_dataclass(kind):
        return _from_fields(kind, value, name)
    if origin in (Union, UnionType):
        return _first_that_fits(inner, value, name)
    if found is dict and origin in (dict, Mapping):
        return {key: from_plain(inner[1], entry, f"{name}.{key}") for key, entry in value.items()}
    if found is list and origin in (list, tuple):
        kinds = inner if origin is tuple and inner[-1] is not Ellipsis else (inner[0],) * len(value)
        if len(kinds) == len(value):
            made = [from_plain(*pair, name) for pair in zip(kinds, value, strict=True)]
            return made if origin is list else tuple(made)
    if (kind, found) in ((Path, str), (float, int)):
        return kind(value)
    if kind in (Any, found) or (origin is Literal and value in inner):
        return value
    raise ValueError(f"`{name}` should be {getattr(kind, '__name__', kind)}, got {value!r}")


def _from_fields(kind: Any, value: Any, name: str) -> Any:
    """A dataclass; fields that the mapping lacks keep their defaults."""
    if type(value) is not dict:
        raise ValueError(f"`{name}` should be fields with values, got {value!r}" if name else "it holds no fields")
    hints = get_type_hints(kind)
    made: dict[str, Any] = {}
    for key, entry in cast("dict[str, Any]", value).items():
        path = f"{name}.{key}" if name else key
        if key not in hints:
            raise ValueError(f"there is no field `{path}`")
        made[key] = from_plain(hints[key], entry, path)
    return kind(**made)


def _first_that_fits(kinds: Sequence[Any], value: Any, name: str) -> Any:
    for kind in kinds[:-1]:
        with contextlib.suppress(ValueError):
            return from_plain(kind, value, name)
    return from_plain(kinds[-1], value, name)


def _read(kind: type[ConfigT], path: Path) -> ConfigT:
    import yaml

    if not path.is_file():
        raise SystemExit(f"Error: --config needs a YAML file, and got '{path if path.name else ''}'.\n{HINT}")
    try:
        return from_plain(kind, yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValueError, yaml.YAMLError) as error:
        raise SystemExit(f"Error: '{path}' is no configuration of this project: {error}.\n{HINT}") from None


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (tuple, list)):
        return [_plain(entry) for entry in cast("Sequence[Any]", value)]
    return str(value) if isinstance(value, Path) else value
