import json

LISTING = """\
greeting  A program that says hello.
poem      A poem of some lines.

`scaffold show TEMPLATE` tells more about one.
`scaffold new --template TEMPLATE` starts with it.
"""


def test_list(scaffold):
    """Every template has a line with its name and its help; layers that are no templates have none."""
    ended = scaffold("list", "--templates", "templates")
    assert (ended.code, ended.out, ended.err) == (0, LISTING, "")


def test_list_as_json(scaffold):
    """`--json` prints one document with the same content."""
    document = json.loads(scaffold("list", "--templates", "templates", "--json").out)
    assert document == {
        "schema": "torch-scaffold/list/1",
        "templates": [
            {"name": "greeting", "help": "A program that says hello."},
            {"name": "poem", "help": "A poem of some lines."},
        ],
    }


def test_list_of_the_built_in_templates(scaffold):
    """Without `--templates` the templates that come with the tool are listed."""
    assert "vision-classification" in scaffold("list").out


def test_list_on_a_narrow_terminal(terminal):
    """At 40 columns the help goes under the name, and no line is cut or wrapped by the terminal."""
    window = terminal("list", "--templates", "templates", columns=40)
    assert window.end() == 0
    assert window.text() == (
        "greeting\n  A program that says hello.\npoem\n  A poem of some lines.\n\n"
        "`scaffold show TEMPLATE` tells more\nabout one.\n`scaffold new --template TEMPLATE`\nstarts with it."
    )
