"""The list of commands.

Each command's module imports only Typer at its top: the catalog, the renderer and the questions are
imported when the command runs.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from .. import __version__
from .completion import EXAMPLES as COMPLETION_EXAMPLES
from .completion import VARIABLE, completion
from .doctor import EXAMPLES as DOCTOR_EXAMPLES
from .doctor import doctor
from .listing import list_templates
from .new import EXAMPLES as NEW_EXAMPLES
from .new import new
from .plain_command import PlainCommand
from .show import show
from .template import app as template_app
from .terminal import say, width

WIDEST_HELP = 100

app = typer.Typer(
    name="scaffold",
    rich_markup_mode=None,  # rich alone would double the time that help takes
    pretty_exceptions_enable=False,
    add_completion=False,  # its two flags, unused, import pydantic: twice the time that help takes; see `completion`
    add_help_option=False,  # so does Typer's own --help of the group, when a command's is meant
    suggest_commands=False,  # `usage` says it in our style
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": min(width(), WIDEST_HELP)},
)

EXAMPLES = """\b
Examples:
  scaffold new                       ask, then write a project
  scaffold new my-project --template vision-classification --yes
  scaffold list                      the templates there are
  scaffold show vision-classification
"""


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"torch-scaffold {__version__}")
        raise typer.Exit


def _print_help(context: typer.Context, wanted: bool) -> None:
    if wanted:
        say(context.get_help())
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
]
Help = Annotated[
    bool, typer.Option("--help", "-h", callback=_print_help, is_eager=True, help="Show this message and exit.")
]


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def scaffold(context: typer.Context, *, _version: Version = False, _help: Help = False) -> None:
    """Write a PyTorch training project that trains at once and is yours to edit."""
    if context.invoked_subcommand is None:
        _print_help(context, True)


app.command("new", epilog=NEW_EXAMPLES, cls=PlainCommand)(new)
app.command("list", cls=PlainCommand)(list_templates)
app.command("show", cls=PlainCommand)(show)
app.command("doctor", epilog=DOCTOR_EXAMPLES, cls=PlainCommand)(doctor)
app.add_typer(template_app, name="template")
app.command("completion", epilog=COMPLETION_EXAMPLES, cls=PlainCommand)(completion)

if VARIABLE in os.environ:  # a shell asks
    from typer.completion import completion_init  # pyright: ignore[reportPrivateImportUsage]  # no other name for it

    completion_init()
