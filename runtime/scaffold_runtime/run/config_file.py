"""A configuration made of dataclasses: from flags, to YAML, and back.

A saved file is read by the types of the fields, not by turning it into flags: what was written is what is read, and
flags that are given beside it change single fields. Bounds of numbers stand in the types too, as
`Annotated[int, msgspec.Meta(ge=1)]`.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

ConfigT = TypeVar("ConfigT")

HINT = "Hint:  Runs save theirs as outputs/RUN/config.yaml."


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
    try:
        return from_plain(kind, to_plain(config))
    except ValueError as error:
        flag, _, fault = str(error).partition(": ")
        raise SystemExit(f"Error: --{flag.replace('_', '-')}: {fault}.") from None


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

    fields = {name: value for name, value in to_plain(config).items() if name not in ("name", "resume")}
    return yaml.safe_dump(fields, sort_keys=False)


def to_plain(config: Any) -> dict[str, Any]:
    """A configuration as mappings, lists, texts and numbers."""
    import msgspec

    return msgspec.to_builtins(config, enc_hook=str)  # of paths


def from_plain(kind: Any, value: Any, name: str = "") -> Any:
    """The way back: a value of the field's type; of several dataclasses, the one that has these fields.

    Raises:
        ValueError: there is a field that the configuration lacks, or a value that does not fit its type.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Config:
        ...     root: Path | None = None
        >>> from_plain(Config, {"root": "data"}).root.name
        'data'
    """
    import msgspec

    union: tuple[Any, ...] = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    options = [(option, get_type_hints(option, include_extras=True)) for option in union if is_dataclass(option)]
    if options and isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        # Those that have all of the fields; first, if there is one, that which has no others.
        fitting = [(len(hints), option, hints) for option, hints in options if hints.keys() >= fields.keys()]
        if not fitting:
            unknown = next(key for key in fields if key not in options[-1][1])
            raise ValueError(f"{name}{unknown}: there is no such field")
        _, option, hints = min(fitting, key=lambda one: one[0])
        return cast("Any", option)(**{key: from_plain(hints[key], fields[key], f"{name}{key}.") for key in fields})
    others = tuple(member for member in union if not is_dataclass(member)) or (dict,)
    try:
        return msgspec.convert(value, Union[others], dec_hook=lambda kind, value: kind(value))  # noqa: UP007  # made here
    except msgspec.ValidationError as error:
        raise ValueError(f"{name[:-1] or 'it'}: {value!r} does not fit: {error}") from None


def _read(kind: type[ConfigT], path: Path) -> ConfigT:
    import yaml

    if not path.is_file():
        raise SystemExit(f"Error: --config needs a YAML file, and got '{path if path.name else ''}'.\n{HINT}")
    try:
        return from_plain(kind, yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValueError, yaml.YAMLError) as error:
        raise SystemExit(f"Error: '{path}' is no configuration of this project: {error}.\n{HINT}") from None
