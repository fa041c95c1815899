"""Wrong usage, said in our own words.

Typer's errors tell apart what went wrong by class, but only some of those classes are public. What
they carry is stable (the context, the option's name, the parameter), so this reads their attributes
and falls back on Typer's own sentence.
"""

from __future__ import annotations

import re
from typing import Any

import typer

from ..errors import UsageError, nearest


class WrongUsage(UsageError):
    """Words that no command understands: an unknown command or flag, a missing or superfluous word."""

    def __init__(self, error: typer.TyperException) -> None:
        context: Any = getattr(error, "ctx", None)
        path = context.command_path if context else "scaffold"
        message, near = _explain(error, context, path)
        meant = f"Did you mean '{near}'? " if near else ""
        super().__init__(message, f"{meant}`{path} --help` shows {_what_help_shows(context)}.")


def _explain(error: typer.TyperException, context: Any, path: str) -> tuple[str, str | None]:
    """The sentence for an error, and the nearest word that would have been right."""
    kind, said = type(error).__name__, error.format_message()
    if kind == "NoSuchOption":
        flag = str(getattr(error, "option_name", ""))
        return f"`{path}` has no option '{flag}'.", _nearest_flag(flag, context)
    if kind == "BadOptionUsage":
        flag = str(getattr(error, "option_name", ""))
        takes = "takes no value" if "not take" in said else "needs a value, and none follows it"
        return f"The option '{flag}' {takes}.", None
    if kind == "MissingParameter":
        parameter: Any = getattr(error, "param", None)
        return f"`{path}` needs {parameter.metavar or parameter.name.upper()}, and it is missing.", None
    if unknown := re.match(r"No such command '(.*)'\.?$", said):
        return f"There is no command '{unknown[1]}'.", nearest(unknown[1], list(context.command.commands))
    if extra := re.match(r"Got unexpected extra argument\(s\) \((.*)\)$", said):
        return f"`{path}` does not know what to do with '{extra[1]}'.", None
    return said if said.endswith(".") else f"{said}.", None


def _nearest_flag(flag: str, context: Any) -> str | None:
    """Compared without the dashes, which would make any two short flags look alike."""
    parameters: list[Any] = context.command.get_params(context) if context else []
    flags = [each for parameter in parameters for each in (*parameter.opts, *parameter.secondary_opts)]
    bare = {each.lstrip("-"): each for each in flags if each.startswith("--")}
    return bare.get(nearest(flag.lstrip("-"), bare) or "")


def _what_help_shows(context: Any) -> str:
    is_group = context is None or bool(getattr(context.command, "commands", None))
    return "the commands" if is_group else "what it takes"
