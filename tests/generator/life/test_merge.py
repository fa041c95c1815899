from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from scaffold.life.merge import Merged, is_conflicted, merge

MADE = b"one\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("yours", "new", "merged"),
    [
        (b"one\nTWO\nthree\nfour\nfive\n", MADE, b"one\nTWO\nthree\nfour\nfive\n"),
        (MADE, b"one\ntwo\nfour\nfive\n", b"one\ntwo\nfour\nfive\n"),
        (b"ONE\ntwo\nthree\nfour\nfive\n", b"one\ntwo\nthree\nfour\nFIVE\n", b"ONE\ntwo\nthree\nfour\nFIVE\n"),
        (b"one\nthree\nfour\nfive\n", MADE + b"six\n", b"one\nthree\nfour\nfive\nsix\n"),
        (b"zero\n" + MADE, b"zero\n" + MADE, b"zero\n" + MADE),
        (b"", b"", b""),
    ],
)
def test_changes_at_different_places_are_both_there(yours: bytes, new: bytes, merged: bytes) -> None:
    """What one side changed is as that side has it, and what both did alike is there once."""
    assert merge(MADE, yours, new) == Merged(merged, 0)


def test_a_clash_shows_all_three_versions() -> None:
    """Between the markers stand the owner's lines, those that were made and the new ones; what agrees stays outside."""
    merged = merge(MADE, b"one\nsame\nmine\nfour\nfive\n", b"one\nsame\nnew\nfour\nfive\n")
    assert merged == Merged(
        b"one\nsame\n<<<<<<< yours\nmine\n||||||| as it was made\ntwo\nthree\n=======\nnew\n"
        b">>>>>>> as it is made now\nfour\nfive\n",
        1,
    )
    assert merged is not None
    assert is_conflicted(merged.content)
    assert not is_conflicted(MADE)


def test_line_ends_are_no_edit() -> None:
    """An editor that writes CRLF everywhere clashes with nothing, and goes on to have its way."""
    yours = MADE.replace(b"\n", b"\r\n")
    new = MADE.replace(b"two", b"TWO")
    assert merge(MADE, yours, new) == Merged(new.replace(b"\n", b"\r\n"), 0)
    assert merge(MADE, MADE, new.replace(b"\n", b"\r\n")) == Merged(new.replace(b"\n", b"\r\n"), 0)
    edited = yours.replace(b"five", b"FIVE")
    assert merge(MADE, edited, new) == Merged(b"one\r\nTWO\r\nthree\r\nfour\r\nFIVE\r\n", 0)


def test_the_last_newline_is_no_edit() -> None:
    """A file that ends without one keeps to that, and its last line is the same line."""
    assert merge(MADE, MADE.rstrip(), MADE.replace(b"two", b"TWO")) == Merged(b"one\nTWO\nthree\nfour\nfive", 0)
    assert merge(MADE.rstrip(), b"ONE\ntwo\nthree\nfour\nfive", MADE) == Merged(b"ONE\ntwo\nthree\nfour\nfive\n", 0)
    clash = merge(b"a", b"mine", b"new")
    assert clash is not None
    assert clash.content.endswith(b"=======\nnew\n>>>>>>> as it is made now\n")


def test_what_is_no_text_is_not_merged() -> None:
    """Bytes that are no text are taken whole where one side changed them, and not at all where both did."""
    assert merge(b"\0a", b"\0a", b"\0b") == Merged(b"\0b", 0)
    assert merge(b"\0a", b"\0b", b"\0a") == Merged(b"\0b", 0)
    assert merge(b"\0a", b"\0b", b"\0c") is None


def test_any_encoding_of_text_comes_through() -> None:
    """Lines are bytes: UTF-8 with all its letters, Latin-1, and what is no encoding at all."""
    made = "é ü ∑\nnaïve\n\U0001f600\n".encode() + b"\xff\xfe latin \xe9\n"
    yours, new = b"own \xe4\n" + made, made + "neu ß\n".encode()
    assert merge(made, yours, new) == Merged(b"own \xe4\n" + made + "neu ß\n".encode(), 0)


def test_a_long_text_is_merged_soon() -> None:
    """Ten thousand lines, many of them alike, with an edit on both sides take no time worth speaking of."""
    lines = [b"" if number % 3 else b"line %d" % number for number in range(10_000)]
    yours, new = [*lines[:50], b"mine", *lines[50:]], [*lines[:-50], b"new", *lines[-50:]]
    merged = merge(*(b"\n".join(text) + b"\n" for text in (lines, yours, new)))
    assert merged is not None
    assert merged.num_conflicts == 0
    assert merged.content.count(b"\n") == 10_002


def test_beside_git(tmp_path: Path) -> None:
    """Where both git and we merge without a conflict, the text is the same; and clashes are found at the same texts."""
    rng = random.Random(0)
    alike = clashes = 0
    for number in range(150):
        made = [f"line {index}" for index in range(12)]
        yours, new = (_edited(made, rng, tag) for tag in ("mine", "new"))
        for name, lines in (("made", made), ("yours", yours), ("new", new)):
            (tmp_path / name).write_text("".join(f"{line}\n" for line in lines))
        paths = [tmp_path / name for name in ("yours", "made", "new")]
        done = subprocess.run(["git", "merge-file", "-p", *paths], capture_output=True, check=False)
        merged = merge(*((tmp_path / name).read_bytes() for name in ("made", "yours", "new")))
        assert merged is not None, number
        if done.returncode == 0 and merged.num_conflicts == 0:
            assert merged.content == done.stdout
            alike += 1
        clashes += bool(done.returncode) == bool(merged.num_conflicts)
    assert alike > 30
    assert clashes > 140  # they may anchor on other lines than we do


def _edited(lines: list[str], rng: random.Random, tag: str) -> list[str]:
    result = list(lines)
    for number in range(rng.randint(1, 2)):
        at = rng.randrange(len(result))
        result[at : at + rng.randint(0, 2)] = [f"{tag} {number}"] * rng.randint(0, 2)
    return result
