"""A command that reads its values by itself.

Typer reads every value through pydantic, and importing that is a fifth of the time of `scaffold new`. The values of
our commands are texts, lists of texts and paths, for which no library is needed; flags Typer reads without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer import TyperException
from typer.core import TyperCommand

from ..errors import UsageError


class PlainCommand(TyperCommand):
    """A command of texts, paths and flags. Typer's own reader is kept where a Typer has it elsewhere."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the plain reader in the place of Typer's, which would be made at the first value."""
        for parameter in self.get_params(ctx):
            described: Any = getattr(parameter, "type_descriptor", None)
            if described is not None and described.annotation in (str, bool, Path, list[str]):
                parameter._runtime_param = _PlainValue(_shown(parameter), described.annotation)  # pyright: ignore[reportAttributeAccessIssue, reportPrivateUsage]
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            if getattr(error, "ctx", self) is None:  # the parser's own errors do not say whose words they are about
                error.ctx = ctx  # pyright: ignore[reportAttributeAccessIssue]
            raise


def _shown(parameter: Any) -> str:
    """A parameter as help shows it: `DIRECTORY`, `--answers FILE`."""
    return " ".join([word for word in parameter.opts if word.startswith("--")] + [parameter.metavar or ""]).strip()


class _PlainValue:
    """What Typer asks for a parameter's value."""

    def __init__(self, name: str, annotation: Any) -> None:
        self._name = name
        self._annotation = annotation

    def coerce(self, value: Any, **_: Any) -> Any:
        """The value in the parameter's type."""
        if value == "" and self._annotation is Path:  # `scaffold new "$UNSET"`: it would be the current folder
            raise UsageError(f"{self._name} is empty.", "Name a place, or leave it out; `.` is the current folder.")
        if isinstance(value, str):
            return Path(value) if self._annotation is Path else value
        return value if value is None or isinstance(value, Path) else list(value)
