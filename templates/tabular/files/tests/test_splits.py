"""Rows are shared out whole."""

from project_name.splits import split_rows


def test_each_row_is_in_one_split_and_each_group_in_all() -> None:
    """70, 15 and 15 % of each group, always the same ones; a single row is for training."""
    groups = [range(100), range(100, 120), [120]]
    parts = split_rows(groups, seed=3)
    assert sorted(row for part in parts for row in part) == list(range(121))
    assert [[sum(row in group for row in part) for group in groups] for part in parts] == [
        [70, 14, 1],
        [15, 3, 0],
        [15, 3, 0],
    ]
    assert parts == split_rows(groups, seed=3) != split_rows(groups, seed=4)
