from __future__ import annotations

import random

import pytest

from scaffold.data.finding import Unclear
from scaffold.errors import UsageError

TEXTS = [
    ["text", "label"],
    *([f"the film number {index} was rather good I think", "ab"[index % 2]] for index in range(40)),
]


def houses():
    """A table of numbers, categories and a price."""
    chance = random.Random(0)
    rows = [
        [chance.randint(1, 6), round(chance.random() * 90, 1), chance.choice("xyz"), chance.random() * 1e5]
        for _ in range(60)
    ]
    return [["rooms", "area", "kind", "price"], *rows]


def test_text_and_label(data, look):
    """Two columns of which one is text and one has few values are for text classification."""
    data.table("r.csv", TEXTS)
    finding = look("r.csv")
    assert (finding.template, finding.answers) == (
        "text-classification",
        {"dataset": "csv", "data_path": str(data.root / "r.csv"), "text_column": "text", "label_column": "label"},
    )
    assert finding.seen == ["40 rows of texts ('text') and labels ('label').", "2 classes: a (20), b (20)."]
    assert finding.problems == []
    assert look("").answers == finding.answers  # the only table of a folder


def test_a_label_is_any_word(data, look):
    """A label `none` is a class as others are; only an empty one is missing."""
    rows = [[text, "none" if index < 10 else label] for index, (text, label) in enumerate(TEXTS[1:])]
    data.table("r.csv", [TEXTS[0], *rows, ["a text of several words more", ""]])
    finding = look("r.csv")
    assert finding.classes == {"a": 15, "b": 15, "none": 10}
    assert finding.problems == ["1 row of 41 without a value in 'label': nothing can be learned from them."]


def test_text_among_other_columns(data, look):
    """Names decide where there are a few more columns, and words of the command where these are others."""
    data.table("r.csv", [[index, *row, index % 3] for index, row in enumerate(TEXTS)])
    lines = (data.root / "r.csv").read_text().splitlines()
    data.text("r.csv", "\n".join(["id,text,label,stars", *lines[1:]]))
    assert look("r.csv").answers["label_column"] == "label"
    assert look("r.csv", label_column="stars").answers["label_column"] == "stars"
    assert look("r.csv", target_column="stars").template == "tabular"


@pytest.mark.parametrize(
    ("target", "kind", "why"),
    [
        ("price", "regression", "numbers"),
        ("kind", "classification", "3 different values"),
        ("rooms", "classification", "6 different values"),
    ],
)
def test_a_target_says_what_is_learned(data, look, target, kind, why):
    """Amounts are for regression; categories and a few whole numbers are classes."""
    data.table("h.csv", houses())
    finding = look("h.csv", target_column=target)
    assert (finding.template, finding.answers) == (
        "tabular",
        {"dataset": "table", "data_path": str(data.root / "h.csv"), "target_column": target, "target": kind},
    )
    assert finding.seen[1] == f"The target has {why}; so it is {kind}."


def test_a_target_by_its_name(data, look):
    """A column called `target` is the target; what is learned of it can be said."""
    data.table("h.tsv", [["a", "b", "target"], *([index, index * 0.5, index % 3] for index in range(30))], "\t")
    finding = look("h.tsv")
    assert (finding.answers["target_column"], finding.answers["target"]) == ("target", "classification")
    assert look("h.tsv", target="regression").answers["target"] == "regression"


def test_an_unclear_target_is_a_question(data, look):
    """Where no name says it, the error names the flag, and has the columns to choose from."""
    data.table("h.csv", houses())
    with pytest.raises(Unclear) as caught:
        look("h.csv")
    assert caught.value.message == f"'{data.root / 'h.csv'}' does not say which column is the target."
    assert caught.value.hint == (
        "Say it, for example by `--set target_column=price`. Columns: rooms, area, kind, price."
    )
    assert (caught.value.option, caught.value.rows) == (
        "target_column",
        [("rooms", "6 different values"), ("area", "numbers"), ("kind", "3 different values"), ("price", "numbers")],
    )


def test_a_wrong_target_is_told(data, look):
    """A column that there is not is refused with the nearest one."""
    data.table("h.csv", houses())
    with pytest.raises(UsageError) as caught:
        look("h.csv", target_column="prise")
    assert caught.value.message == f"'{data.root / 'h.csv'}' has no column 'prise', which 'target_column' names."
    assert caught.value.hint == "Did you mean 'price'? Columns: rooms, area, kind, price."


def test_what_is_wrong_with_rows_is_said(data, look):
    """Missing targets, rows of another length, copies and thin classes are counted."""
    rows = [["a", "target"], *([index, "xy"[index % 2]] for index in range(20)), [50, "NA"], [51, ""], [1, "y"]]
    data.text("t.csv", data.table("t.csv", rows).read_text() + "52\n53,z\n")
    finding = look("t.csv")
    assert finding.problems == [
        "3 rows of 25 without a value in 'target': nothing can be learned from them.",
        "1 row with more or fewer fields than the 2 columns: a run may refuse them.",
        "1 row is a copy of others: a drawn split may have both sides of them.",
        "Class 'z' has fewer than 3 rows: too few to train and to test.",
    ]


@pytest.mark.parametrize(
    ("name", "content", "message", "hint"),
    [
        (
            "a.csv",
            "1,2\n3,4\n",
            "The first row of '{}' should name the columns, and has the number 1.",
            "Put a row of names above the values.",
        ),
        (
            "a.csv",
            "a|b\n3|4\n",
            "'{}' has bars, and the project reads columns with commas between them.",
            "Save it so.",
        ),
        (
            "a.csv",
            "a\n3\n",
            "'{}' has one column, and the project reads columns with commas between them.",
            "Save it so.",
        ),
        ("a.csv", "", "'{}' has no first row with the columns' names.", "Put one above the values."),
        (
            "a.csv",
            '"a,b\n' + "1,2\n" * 50_000,
            "'{}' cannot be read as a table: field larger than field limit (131072).",
            "Write it anew, as CSV.",
        ),
        ("a.csv", "a,b\n", "'{}' has names of columns and no rows.", "Look whether it was written whole."),
        ("a.csv", "a,a\n1,2\n", "'{}' has several columns 'a'.", "Give each a name of its own."),
        (
            "a.csv",
            "a,b\n1,\xe9\n".encode("latin-1"),
            "'{}' is not UTF-8 text: byte 6 of a block is 0xe9.",
            "Convert it, for example by `iconv -f latin1 -t utf-8 a.csv`.",
        ),
    ],
)
def test_a_table_that_cannot_be_read(data, look, name, content, message, hint):
    """Each way in which a file is no table is one sentence."""
    path = data.text(name, content)
    with pytest.raises(UsageError) as caught:
        look(name)
    assert (caught.value.message, caught.value.hint) == (message.format(path), hint)


def test_parquet_needs_pyarrow(data, look):
    """Where pyarrow is installed the columns are read, else it is said what to install."""
    path = data.root / "h.parquet"
    data.text("h.parquet", b"PAR1")
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        with pytest.raises(UsageError) as caught:
            look("h.parquet")
        assert caught.value.message == f"'{path}' is a Parquet file, and pyarrow, which reads it, is not installed."
        assert caught.value.hint == "Install it beside torch-scaffold: `pip install pyarrow`."
        return
    names, *rows = houses()
    parquet.write_table(arrow.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))), path)
    assert look("h.parquet", target_column="price").answers["target"] == "regression"
    whole = path.read_bytes()
    for damaged in (whole[:100], whole[:4] + bytes(36) + whole[40:]):  # cut off; its rows overwritten, its names not
        path.write_bytes(damaged)
        with pytest.raises(UsageError, match=r"cannot be read as Parquet: [^\n]*\.$"):
            look("h.parquet", target_column="price")


def test_several_tables_are_a_question(data, look):
    """A folder with two tables does not say which one is meant."""
    data.table("a.csv", TEXTS)
    data.table("b.csv", TEXTS)
    with pytest.raises(UsageError, match=r"holds 2 tables: 'a.csv', 'b.csv'"):
        look()


def test_separators(data, look):
    """Tables may have semicolons or tabs; texts are read from columns with commas, or tabs in `*.tsv`."""
    path = data.table("r.csv", TEXTS, ";")
    with pytest.raises(UsageError) as caught:
        look("r.csv")
    assert caught.value.message == (
        f"'{path}' has semicolons, and the project reads texts from columns with commas between them."
    )
    data.table("h.csv", houses(), ";")
    assert look("h.csv", target_column="price").template == "tabular"


def test_a_few_texts_among_numbers(data, look):
    """A column that is numbers but for a few cells is told, and is still one of numbers."""
    rows = houses()
    rows[7][1] = "12 m"
    rows[9][2] = "a text of many words that stands alone"
    data.table("h.csv", rows)
    assert look("h.csv", target_column="price").problems == [
        "Column 'area' has numbers but for 1 of 60 values, such as '12 m': a run wants these empty, or numbers."
    ]


def test_what_cannot_be_told_apart(data, look):
    """One value for all, and a value for each, are told."""
    data.table("n.csv", [["a", "target"], *([f"n{index}", f"name{index}"] for index in range(20))])
    assert look("n.csv").problems == ["20 classes in 20 rows are too many to learn."]
    data.table("o.csv", [["a", "target"], *([index, "x"] for index in range(20))])
    assert look("o.csv").problems == ["All rows have the same value to learn: there is nothing to tell apart."]
