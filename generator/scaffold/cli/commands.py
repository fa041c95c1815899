"""The list of commands.

Each command's module imports only Typer at its top: the catalog, the renderer and the questions are
imported when the command runs.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from .. import __version__
from .add import ADD_EXAMPLES, REMOVE_EXAMPLES, add, remove
from .adopt import EXAMPLES as ADOPT_EXAMPLES
from .adopt import adopt
from .completion import EXAMPLES as COMPLETION_EXAMPLES
from .completion import VARIABLE, completion
from .diff import EXAMPLES as DIFF_EXAMPLES
from .diff import diff
from .doctor import EXAMPLES as DOCTOR_EXAMPLES
from .doctor import doctor
from .listing import list_templates
from .new import EXAMPLES as NEW_EXAMPLES
from .new import new
from .plain_command import PlainCommand
from .set_answers import EXAMPLES as SET_EXAMPLES
from .set_answers import set_answers
from .show import show
from .status import EXAMPLES as STATUS_EXAMPLES
from .status import status
from .template import app as template_app
from .terminal import say, width
from .update import EXAMPLES as UPDATE_EXAMPLES
from .update import update

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
app.command("status", epilog=STATUS_EXAMPLES, cls=PlainCommand)(status)
app.command("diff", epilog=DIFF_EXAMPLES, cls=PlainCommand)(diff)
app.command("update", epilog=UPDATE_EXAMPLES, cls=PlainCommand)(update)
app.command("set", epilog=SET_EXAMPLES, cls=PlainCommand)(set_answers)
app.command("add", epilog=ADD_EXAMPLES, cls=PlainCommand)(add)
app.command("remove", epilog=REMOVE_EXAMPLES, cls=PlainCommand)(remove)
app.command("adopt", epilog=ADOPT_EXAMPLES, cls=PlainCommand)(adopt)
app.command("doctor", epilog=DOCTOR_EXAMPLES, cls=PlainCommand)(doctor)
app.add_typer(template_app, name="template")
app.command("completion", epilog=COMPLETION_EXAMPLES, cls=PlainCommand)(completion)

if VARIABLE in os.environ:  # a shell asks
    os.environ["TERMINAL_WIDTH"] = "10000"  # else rich breaks what a word means, and the rest is taken for more words
    from typer.completion import completion_init  # pyright: ignore[reportPrivateImportUsage]  # no other name for it

    completion_init()
