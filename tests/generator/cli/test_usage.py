import pytest

WRONG = {
    "lst": "Error: There is no command 'lst'.\nHint:  Did you mean 'list'? `scaffold --help` shows the commands.\n",
    "elephant": "Error: There is no command 'elephant'.\nHint:  `scaffold --help` shows the commands.\n",
    "--hlp": "Error: `scaffold` has no option '--hlp'.\n"
    "Hint:  Did you mean '--help'? `scaffold --help` shows the commands.\n",
    "new --tempate x": "Error: `scaffold new` has no option '--tempate'.\n"
    "Hint:  Did you mean '--template'? `scaffold new --help` shows what it takes.\n",
    "new --no-gti": "Error: `scaffold new` has no option '--no-gti'.\n"
    "Hint:  Did you mean '--no-git'? `scaffold new --help` shows what it takes.\n",
    "new --version": "Error: `scaffold new` has no option '--version'.\n"
    "Hint:  `scaffold new --help` shows what it takes.\n",
    "list -j": "Error: `scaffold list` has no option '-j'.\nHint:  `scaffold list --help` shows what it takes.\n",
    "new --backend": "Error: The option '--backend' needs a value, and none follows it.\n"
    "Hint:  `scaffold new --help` shows what it takes.\n",
    "list --json=3": "Error: The option '--json' takes no value.\nHint:  `scaffold list --help` shows what it takes.\n",
    "show": "Error: `scaffold show` needs TEMPLATE, and it is missing.\n"
    "Hint:  `scaffold show --help` shows what it takes.\n",
    "new a b": "Error: `scaffold new` does not know what to do with 'b'.\n"
    "Hint:  `scaffold new --help` shows what it takes.\n",
}


@pytest.mark.parametrize("words", WRONG)
def test_wrong_usage(scaffold, words):
    """Words that no command understands are answered in our style, with the nearest right word, and exit 2."""
    ended = scaffold(*words.split())
    assert (ended.code, ended.out, ended.err) == (2, "", WRONG[words])
