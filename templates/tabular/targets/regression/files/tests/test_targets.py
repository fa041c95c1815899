"""The target column is scaled numbers; what is none is told."""

import pytest
from project_name.targets import read_targets


def test_numbers_are_scaled_by_the_training_rows() -> None:
    """Mean and deviation are theirs."""
    targets = read_targets([str(number) for number in range(40)], "price", 0)
    train = targets.values[targets.splits[0]]
    assert float(train.mean()) == pytest.approx(0, abs=1e-6)
    assert targets.values[7] * targets.info["std"] + targets.info["mean"] == pytest.approx(7)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1", "cheap", *"23456789"], "^Error: 'price' should be a number, and is 'cheap' in row 2 of those"),
        (["5"] * 20, "^Error: 'price' is 5 in every training row: there is nothing to learn"),
    ],
)
def test_what_cannot_be_learned_is_told(cells: list[str], said: str) -> None:
    """With the cell."""
    with pytest.raises(SystemExit, match=said):
        read_targets(cells, "price", 0)
