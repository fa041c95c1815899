"""Files are split alike, whenever and wherever it is done."""

import pytest
from project_name.drawn_splits import draw_splits


def test_each_file_is_in_one_split() -> None:
    """A tenth validates and a tenth tests, one file at least."""
    for count, tenth in ((100, 10), (25, 2), (3, 1)):
        splits = draw_splits([f"{index}.png" for index in range(count)])
        assert [len(splits[split]) for split in ("train", "val", "test")] == [count - 2 * tenth, tenth, tenth]
        assert sorted(index for indices in splits.values() for index in indices) == list(range(count))


def test_a_file_more_moves_few_others() -> None:
    """What was drawn is drawn again when there is a file more, but for one or two."""
    names = [f"{index}.png" for index in range(200)]
    before, after = draw_splits(names), draw_splits([*names, "new.png"])
    assert all(len(set(before[split]) - set(after[split])) <= 2 for split in before)


def test_two_files_are_too_few() -> None:
    """There is none left for one of the three."""
    with pytest.raises(SystemExit, match="2 images are too few to split"):
        draw_splits(["a.png", "b.png"])
