import pytest

from scaffold.cli.answers_file import Answers, AnswersFileError, read_answers

HOLDS = "`scaffold new --dry-run --json` prints a file of answers to start from."
WRONG = {
    "nonsense.toml": ("template = ", "is not valid TOML: Invalid value (at end of document).", HOLDS),
    "nonsense.json": (
        "{",
        "is not valid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1).",
        HOLDS,
    ),
    "list.json": ("[1, 2]", "must hold a table of answers, and holds [1, 2].", HOLDS),
}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.toml", 'template = "poem"\nname = "trial"\ngit = true\n[answers]\nlines = 3\n'),
        ("a.json", '{"template": "poem", "name": "trial", "git": true, "answers": {"lines": 3}}'),
        ("a", '  {"template": "poem", "name": "trial", "git": true, "answers": {"lines": 3}, "files": []}'),
        ("a.answers", 'template = "poem"\nname = "trial"\ngit = true\n[answers]\nlines = 3\n[hashes]\nx = "1"\n'),
    ],
)
def test_forms(tmp_path, file, text):
    """TOML and JSON say the same, whatever the file is called; what our own records hold besides is skipped."""
    (tmp_path / file).write_text(text)
    expected = Answers(template="poem", name="trial", git=True, answers={"lines": 3})
    assert read_answers(tmp_path / file) == expected


@pytest.mark.parametrize("file", WRONG)
def test_nonsense(tmp_path, file):
    """A file that does not parse, or holds no table, is named with its fault."""
    text, fault, hint = WRONG[file]
    (tmp_path / file).write_text(text)
    with pytest.raises(AnswersFileError) as caught:
        read_answers(tmp_path / file)
    assert (caught.value.message, caught.value.hint) == (f"The answers file '{tmp_path / file}' {fault}", hint)


def test_unknown_key(tmp_path):
    """A misspelt key is refused with the nearest right one."""
    path = tmp_path / "a.toml"
    path.write_text('templte = "poem"')
    with pytest.raises(AnswersFileError) as caught:
        read_answers(path)
    assert caught.value.message == f"The answers file '{path}' has an unknown key 'templte'."
    assert caught.value.hint == (
        "Did you mean 'template'? The keys are 'template', 'name', 'git' and the table 'answers' with the options."
    )


def test_wrong_type(tmp_path):
    """A value of the wrong type is echoed beside the type that was expected."""
    path = tmp_path / "a.toml"
    path.write_text('git = "yes"')
    with pytest.raises(AnswersFileError) as caught:
        read_answers(path)
    assert caught.value.message == f"'git' in the answers file '{path}' must be true or false, and is 'yes'."


def test_not_text(tmp_path):
    """A binary file is refused in a sentence."""
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AnswersFileError) as caught:
        read_answers(path)
    assert caught.value.message == f"The answers file '{path}' cannot be read: it is not UTF-8 text."
