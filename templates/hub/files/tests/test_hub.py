"""Data sets are read as they are split, and what cannot be had is told."""

from pathlib import Path

import pytest
from project_name.hub import read_splits


def test_its_own_splits_are_read(dataset: Path) -> None:
    """Those that there are; a data set need not have one for validation."""
    splits = read_splits(str(dataset), None, {})
    assert list(splits) == ["train", "test"]
    assert len(splits["train"]) == 160


@pytest.mark.usefixtures("dataset")  # which cuts the network off
def test_a_name_without_a_network_is_told() -> None:
    """In one sentence, with what to do."""
    with pytest.raises(SystemExit, match=r"^Error: The data set 'nobody/nothing' cannot be loaded: .*\nHint:  Is its"):
        read_splits("nobody/nothing", None, {})
