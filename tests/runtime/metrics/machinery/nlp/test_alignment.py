"""Edit distances and longest common subsequences."""

from collections.abc import Sequence

import pytest
import torch

from scaffold_runtime.metrics.machinery.nlp.alignment import edit_distance, longest_common_subsequence


def _table(left: Sequence, right: Sequence, first: list[int], cell) -> int:
    """The last cell of a table filled by hand, row by row."""
    row = first
    for index, token in enumerate(left):
        above, row = row, [first[1] * (index + 1)]
        for place, other in enumerate(right):
            row.append(cell(token == other, above[place], above[place + 1], row[place]))
    return row[-1]


def _edit_distance(left: Sequence, right: Sequence) -> int:
    def cell(equal: bool, diagonal: int, above: int, before: int) -> int:
        return diagonal if equal else 1 + min(diagonal, above, before)

    return _table(left, right, list(range(len(right) + 1)), cell) if right else len(left)


def _common(left: Sequence, right: Sequence) -> int:
    def cell(equal: bool, diagonal: int, above: int, before: int) -> int:
        return diagonal + 1 if equal else max(above, before)

    return _table(left, right, [0] * (len(right) + 1), cell) if right else 0


@pytest.mark.parametrize("alphabet", [1, 2, 5, 40])
@pytest.mark.parametrize("lengths", [(0, 0), (0, 7), (1, 1), (1, 30), (29, 31), (64, 64), (65, 130)])
def test_tables(draw, alphabet, lengths):
    """Rows of bits give what tables of cells give, whichever sequence is the longer."""
    for _ in range(10):
        left, right = (torch.randint(alphabet, (length,), generator=draw).tolist() for length in lengths)
        assert edit_distance(left, right) == edit_distance(right, left) == _edit_distance(left, right)
        assert longest_common_subsequence(left, right) == longest_common_subsequence(right, left)
        assert longest_common_subsequence(left, right) == _common(left, right)


def test_by_hand():
    """Known values: a transposition is two edits, and nothing is nothing's part."""
    assert edit_distance("ab", "ba") == 2
    assert edit_distance("intention", "execution") == 5
    assert edit_distance("", "") == 0
    assert longest_common_subsequence("AGCAT", "GAC") == 2
    assert longest_common_subsequence("", "abc") == 0


def test_tokens_are_compared_whole():
    """Words are tokens as letters are."""
    assert edit_distance(["ab", "c"], ["a", "bc"]) == 2
    assert longest_common_subsequence([(1, 2), 3], [1, 2, 3]) == 1
