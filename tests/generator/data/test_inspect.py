from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from scaffold.data.inspect import inspect
from scaffold.errors import UsageError

KNOWN = (
    "It knows images (by class, with masks, or as they are), COCO's JSON, idx files, tables (CSV, TSV, Parquet) "
    "and text files."
)


def test_text_files(data, look):
    """A folder that is mostly text, or a file of text, is for a language model."""
    data.text("a.txt", "Grüße, world.\n" * 20_000)
    data.text("sub/b.py", "print()\n")
    finding = look()
    assert (finding.template, finding.answers) == (
        "language-model",
        {"dataset": "textfiles", "data_path": str(data.root), "pattern": "*"},
    )
    assert (finding.seen, finding.problems) == (["2 files of text ('*'), 0.3 MB together."], [])
    assert look("a.txt").answers == {"dataset": "textfiles", "data_path": str(data.root / "a.txt")}


def test_text_files_of_one_kind(data, look):
    """Where nearly all have one suffix, these are meant, and what is passed over is told."""
    for index in range(10):
        data.text(f"{index}.py", "print()\n" * 5000)
    data.text("README.md", "Read me.\n")
    data.text("a.bin", b"\0")
    finding = look()
    assert finding.answers["pattern"] == "*.py"
    assert finding.seen == [
        "10 files of text ('*.py'), 0.4 MB together.",
        "2 other files passed over; `--set pattern='*'` takes all.",
    ]
    assert finding.problems == []


def test_little_text_and_files_that_are_none(data, look):
    """Too little to learn from, and files of other kinds, are told."""
    data.text("a.txt", "one\n")
    data.text("b.txt", "two\n")
    data.text("c.txt", b"\xff\x00")
    data.text("empty.txt", "")
    data.text("d.txt", "")
    data.text("e.txt", "five\n")
    data.text("f.txt", "six\n")
    assert look().problems == [
        "1 file cannot be read as UTF-8 text: 'c.txt'.",
        "19 bytes is little: a network learns that by heart. Some megabytes are a start.",
    ]


def test_a_letter_that_is_cut_at_the_end_of_the_sample(data, look):
    """What is looked at of a file may end within a letter of several bytes."""
    data.text("a.txt", "ü" * 100_000)
    data.text("b.txt", "x" + "ü" * 100_000)
    assert look().problems == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.npy": b"\x93NUMPY\0", "b.npy": b"\0", "c.mat": b"\0"}, "it holds 3 files (2 .npy, 1 .mat)."),
        ({}, None),
    ],
)
def test_what_is_not_known_is_named(data, look, files, message):
    """The error says what is there and what there could be."""
    data.root.mkdir()
    for name, content in files.items():
        data.text(name, content)
    with pytest.raises(UsageError) as caught:
        look()
    if message is None:
        assert caught.value.message == f"'{data.root}' holds no visible file."
    else:
        assert (caught.value.message, caught.value.hint) == (
            f"'{data.root}' is none of the data that `--data` knows: {message}",
            KNOWN,
        )


def test_images_that_lie_in_no_classes(data, look):
    """Images by themselves are for making more of them; whoever wants to tell classes apart is told what is missing."""
    data.pictures(".", 12, (50, 70))
    data.copy("0.png", "sub/0.png")
    finding = look()
    assert (finding.template, finding.answers) == (
        "vision-dcgan",
        {"dataset": "imagefolder", "data_path": str(data.root), "image_size": "32"},
    )
    assert finding.seen == [
        "13 images, not split: the project draws a tenth for val and a tenth for test.",
        "All are 50 x 70 pixels; the project scales them to 32 x 32, in colour.",
    ]
    assert finding.problems == [
        "1 image is a copy of others, such as '0.png' and 'sub/0.png': a drawn split may have both sides of them."
    ]
    with pytest.raises(UsageError, match=r"13 files \(13 .png\), and its images do not lie in two folders of classes"):
        look(template="vision-classification")


def test_images_of_classes_as_they_are(data, look):
    """A template that needs no classes takes images that have them."""
    data.pictures("a", 5)
    data.pictures("b", 4)
    finding = look(template="vision-dcgan")
    assert finding.answers["dataset"] == "imagefolder"
    assert finding.problems == ["9 images are too few: a run wants 10 at least."]


def test_nothing_is_there(data):
    """A path that leads nowhere is told as it was given, and a pipe is waited for by nobody."""
    data.root.mkdir()
    (data.root / "loop").symlink_to("loop")
    os.mkfifo(data.root / "pipe")
    for path in (data.root / "gone", data.root / "loop", data.root / "pipe", Path("~nobody-of-this-name/pets")):
        with pytest.raises(UsageError) as caught:
            inspect(path, said={})
        assert caught.value.message == f"There is no folder or file at '{path}'."


@pytest.mark.parametrize(
    ("file", "asked"), [(b"n\xe9/a.txt", b"n\xe9"), (b"n\xe9/sub/a.txt", b""), (b"n\xe9.csv", b"")]
)
def test_what_code_cannot_name(data, look, file, asked):
    """Data whose path is no UTF-8 are refused, also where the path that was given only leads to them."""
    data.text(os.fsdecode(file), "a,target\n1,x\n2,y\n")
    (found,) = data.root.iterdir()
    with pytest.raises(UsageError) as caught:
        look(os.fsdecode(asked))
    assert caught.value.message == f"{str(found)!a} is not spelt in UTF-8."


AS_NOBODY = """
import os, sys
from pathlib import Path
from scaffold.data.inspect import inspect
from scaffold.errors import UsageError

if os.geteuid() == 0:
    os.setuid(65534)
root = Path(sys.argv[1])
print(*inspect(root, said={}).problems, sep="\\n")
for name in ("closed", "closed.txt"):
    try:
        inspect(root / name, said={})
    except UsageError as error:
        print(error.message)
"""


def test_what_may_not_be_read():
    """A folder that is closed is a problem of the data that it lies in, and by itself it is refused, as a file is."""
    with tempfile.TemporaryDirectory() as place:  # pytest's own is closed to others
        root = Path(place).resolve()
        root.chmod(0o755)
        for name in ("a.txt", "b.txt", "closed.txt"):
            (root / name).write_text("x" * 100_000)
        (root / "closed").mkdir()
        for name in ("closed", "closed.txt"):
            (root / name).chmod(0)
        told = subprocess.run([sys.executable, "-c", AS_NOBODY, root], capture_output=True, text=True, check=True)
        assert told.stdout.splitlines() == [
            "1 file cannot be read as UTF-8 text: 'closed.txt'.",
            f"1 folder cannot be looked into: '{root / 'closed'}'.",
            f"'{root / 'closed'}' cannot be read.",
            f"'{root / 'closed.txt'}' cannot be read.",
        ]


def test_a_file_of_another_kind(data, look):
    """A single file that is neither text nor table is refused."""
    data.picture("a.png")
    with pytest.raises(UsageError) as caught:
        look("a.png")
    assert caught.value.hint == KNOWN


def test_data_for_another_template(data, look):
    """A template that was asked for gets only data that it reads; a table is read for the one that was asked for."""
    data.pictures("p/a", 3)
    data.pictures("p/b", 3)
    with pytest.raises(UsageError) as caught:
        look("p", template="tabular")
    assert caught.value.message == (
        f"'{data.root / 'p'}' holds data for the template 'vision-classification', and 'tabular' is asked for."
    )
    data.table("t.csv", [["text", "label"], *([f"a text of some more words {i}", i % 2] for i in range(20))])
    assert look("t.csv").template == "text-classification"
    assert look("t.csv", template="tabular").answers["target_column"] == "label"
    assert look("t.csv", template="language-model").template == "language-model"
