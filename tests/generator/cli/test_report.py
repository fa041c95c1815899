import pytest

from scaffold.cli.report import count, definitions, paragraph, size, tree


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    """Every test starts from a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")


def test_definitions_stand_side_by_side():
    """Explanations begin in one column and continue there."""
    long = "a word " * 12
    text = definitions([("one", "short"), ("three", long)], indent=2)
    assert text == (
        "  one    short\n"
        "  three  a word a word a word a word a word a word a word a word a word a word a\n"
        "         word a word"
    )


def test_definitions_stack_where_it_is_narrow(monkeypatch):
    """Below 60 columns an explanation goes under its name."""
    monkeypatch.setenv("COLUMNS", "40")
    assert definitions([("one", "short"), ("three", "")]) == "one\n  short\nthree"


def test_definitions_of_nothing():
    """No rows make no lines."""
    assert definitions([]) == ""


def test_paragraphs_stay_apart():
    """Lines of one paragraph are joined and broken anew; an empty line stays."""
    assert paragraph("one\ntwo\n\nthree", indent=2) == "  one two\n\n  three"


@pytest.mark.parametrize(
    ("num_bytes", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_900, "999.9 kB"), (1_000_000, "1.0 MB")]
)
def test_size(num_bytes, text):
    """Sizes have one decimal from a kilobyte on."""
    assert size(num_bytes) == text


def test_tree():
    """Files come before folders, both sorted, with sizes in one column."""
    assert tree({"b/c/d": 5, "b/a": 1000, "z": 1, "a": 20}) == (
        "a          20 B\nz           1 B\nb/\n  a      1.0 kB\n  c/\n    d       5 B"
    )


def test_tree_counts_deep_folders():
    """Below the deepest open folder, files are counted and their sizes added."""
    assert tree({"b/c/d": 5, "b/c/e": 6, "b/a": 1}, deepest=1) == (
        "b/\n  a                  1 B\n  c/ (2 files)      11 B"
    )


def test_count():
    """One is singular."""
    assert [count(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
