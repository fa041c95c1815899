"""Tables are read as they are, and what is no table is told."""

from pathlib import Path

import pytest
from project_name.cells import is_missing, read_csv, to_number, to_text


@pytest.mark.parametrize(("separator", "name"), [(",", "x.csv"), (";", "x.csv"), ("\t", "x.tsv")])
def test_any_separator_is_found(tmp_path: Path, separator: str, name: str) -> None:
    """Quoted cells may hold it; an empty line is no row; a mark of UTF-8 is no part of the first name."""
    path = tmp_path / name
    text = '\ufeffa|b \n1|"x|y"\n\n|2\n'.replace("|", separator)
    path.write_text(text, encoding="utf-8")
    assert read_csv(path) == {"a": ["1", ""], "b": [f"x{separator}y", "2"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no rows below its line of names"),
        (b"a,b\n", "has no rows below its line of names"),
        (b"a,b\n1,2\n1,2,3\n", "Row 2 of .* has 3 cells, where 2 columns have names"),
        (b"a,a\n1,2\n", "has two columns 'a'"),
        (b"a,b\n\xff,2\n", "cannot be read as a table"),
        (None, r"cannot be read as a table: .*No such file"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    """In one sentence, with what to do."""
    if content is not None:
        (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(SystemExit, match=rf"^Error: .*{said}.*\nHint:  "):
        read_csv(tmp_path / "x.csv")


def test_cells_are_numbers_or_names_or_missing() -> None:
    """Infinity says nothing; a whole number has one name whatever the file made of it."""
    assert [cell for cell in ("", " NA", "nan", None, float("inf"), "?", "0", 0.0, "no") if is_missing(cell)] == [
        "",
        " NA",
        "nan",
        None,
        float("inf"),
        "?",
    ]
    assert [to_number(cell) for cell in (" 1e3", 2.5, None, "inf")] == [1000, 2.5, None, None]
    with pytest.raises(ValueError, match="no"):
        to_number("no")
    assert [to_text(cell) for cell in (3.0, " 3", 0.5)] == ["3", "3", "0.5"]
