from __future__ import annotations

import cProfile
import pstats
from pathlib import Path

from scaffold.data.names import Names


def num_calls(num_folders: int) -> int:
    """How many calls it takes to see what is in each of so many folders."""
    names = Names(Path("/own"), {"": [], **{f"{index:05}": ["a"] for index in range(num_folders)}})
    profile = cProfile.Profile()
    profile.runcall(lambda: [[*names.below(folder), *names.children(folder)] for folder in names.children()])
    return pstats.Stats(profile).total_calls


def test_thousands_of_folders():
    """Twice as many folders take twice as long, as where each person of a hundred thousand has one."""
    assert num_calls(2000) < 2.5 * num_calls(1000)


def test_names_below_a_folder():
    """Files come in the order of the alphabet, a folder's own first; a name that begins alike is another folder."""
    names = Names(Path("/own"), {"": ["z"], "a": ["1", "2"], "a/b": ["3"], "a/b/c": ["4"], "a-b": ["5"]})
    assert list(names.below()) == ["z", "a/1", "a/2", "a/b/3", "a/b/c/4", "a-b/5"]
    assert list(names.below("a")) == ["a/1", "a/2", "a/b/3", "a/b/c/4"]
    assert (names.children(), names.children("a"), names.children("a-b")) == (["a", "a-b"], ["b"], ())
