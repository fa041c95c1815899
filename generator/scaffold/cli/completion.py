"""`scaffold completion SHELL`: the script by which a shell completes our commands, flags and their values.

Typer makes the scripts and answers the shell; the values are the templates' own, so they are looked up when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ScaffoldError, unknown
from .completion_of_projects import Words, own_template

if TYPE_CHECKING:
    from ..template.catalog import Catalog
    from ..template.options import Option

VARIABLE = "_SCAFFOLD_COMPLETE"
"""Set by the script when the shell asks for completions."""
SHELLS = ("bash", "zsh", "fish", "powershell")
BASH = r"""
_scaffold_completion() {
    local IFS=$'\n' line=${COMP_LINE:0:COMP_POINT}
    COMPREPLY=( $(_SCAFFOLD_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS=$line \
                  "$1" | cut -f 1) )
    if [[ ${line##* } == *=* ]]; then  # bash takes what is behind the sign for a word of its own
        COMPREPLY=( "${COMPREPLY[@]#*=}" )
    elif [[ ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    fi
}

complete -o default -F _scaffold_completion scaffold
"""
"""Typer's own for bash completes no `KEY=VALUE`; fish's answers do."""
EXAMPLES = """\b
Examples:
  eval "$(scaffold completion bash)"           in ~/.bashrc; in ~/.zshrc with zsh
  scaffold completion fish > ~/.config/fish/completions/scaffold.fish
"""


def complete_shell(incomplete: str) -> list[str]:
    """The shells whose names begin so."""
    return [shell for shell in SHELLS if shell.startswith(incomplete)]


def completion(
    shell: Annotated[
        str, typer.Argument(metavar="SHELL", help=f"One of {', '.join(SHELLS)}.", autocompletion=complete_shell)
    ],
) -> None:
    """Print the script that lets a shell complete our words."""
    from typer.completion import get_completion_script  # pyright: ignore[reportPrivateImportUsage]  # the only name

    from .terminal import say

    if shell not in SHELLS:
        raise unknown("completion for the shell", shell, SHELLS, listing=f"There is one for {', '.join(SHELLS)}.")
    others = get_completion_script(prog_name="scaffold", complete_var=VARIABLE, shell=shell)
    say(BASH if shell == "bash" else others)


def complete_template(context: typer.Context, incomplete: str) -> Words:
    """The templates whose names begin so."""
    catalog = _catalog(context)
    layers = catalog.templates() if catalog else []
    return [(layer.id, layer.help) for layer in layers if layer.id.startswith(incomplete)]


def complete_preset(incomplete: str) -> Words:
    """The presets whose names begin so."""
    from .presets import preset_files, preset_help

    files = preset_files()
    return [(name, preset_help(file)) for name, file in files.items() if name.startswith(incomplete)]


def complete_backend(context: typer.Context, incomplete: str) -> Words:
    """The choices of the option whose flag is `--backend`."""
    return _complete_choice(context, "backend", incomplete)


def complete_logger(context: typer.Context, incomplete: str) -> Words:
    """The choices of the option whose flag is `--logger`."""
    return _complete_choice(context, "logger", incomplete)


def complete_setting(context: typer.Context, incomplete: str) -> Words:
    """`KEY=VALUE` for each choice of each option, `KEY=` where any value may follow."""
    words: dict[str, str] = {}
    for option in _options(context):
        said = incomplete.removeprefix(f"{option.name}=") if option.kind == "multi-choice" else ""
        before = said[: said.rfind(",") + 1]  # `loggers=csv,`: what is taken stays, and another one may follow
        values = {each.name: each.help for each in option.choices if each.name not in before.split(",")}
        values = values or (dict.fromkeys(("yes", "no"), option.help) if option.kind == "bool" else {"": option.help})
        words |= {f"{option.name}={before}{value}": meaning for value, meaning in values.items()}
    return [(word, meaning) for word, meaning in words.items() if word.startswith(incomplete)]


def _complete_choice(context: typer.Context, flag: str, incomplete: str) -> Words:
    choices = [choice for option in _options(context) if option.flag == flag for choice in option.choices]
    words = {choice.name: choice.help for choice in choices if choice.name.startswith(incomplete)}
    return list(words.items())


def _options(context: typer.Context) -> Iterator[Option]:
    """The options of the template that is named already, or that the project was made of; or of all."""
    from ..template.reachable import reachable_layers

    catalog, template = _catalog(context), own_template(context)
    if catalog is None:
        return
    for layer in catalog.templates():
        if template in (None, layer.id):
            yield from (option for each in reachable_layers(catalog, layer.id) for option in each.layer.options)


def _catalog(context: typer.Context) -> Catalog | None:
    """The templates, read whole; where they cannot be read, a shell completes nothing and shows no error."""
    from ..template.catalog import load_catalog

    folder = context.params.get("templates")
    try:
        catalog = load_catalog(Path(folder).expanduser() if folder else None)
        for layer_id in catalog.ids:
            catalog.layer(layer_id)
    except (ScaffoldError, OSError):
        return None
    return catalog
