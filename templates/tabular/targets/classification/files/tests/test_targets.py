"""The target column is classes; what is none is told."""

import pytest
from project_name.targets import read_targets


def test_classes_are_in_the_order_of_their_names() -> None:
    """Whatever the file made of whole numbers."""
    targets = read_targets(["b", "a", "b", 3.0, "3", "a"], "kind", 0)
    assert targets.info == {"classes": ["3", "a", "b"]}
    assert targets.sizes == {"num_classes": 3}
    assert targets.values.tolist() == [2, 1, 2, 0, 0, 1]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["yes"] * 20, "^Error: 'kind' is 'yes' in every row: there is nothing to tell apart"),
        ([str(number) for number in range(20)], "^Error: 'kind' has 20 different values in 20 rows, too many"),
    ],
)
def test_what_cannot_be_learned_is_told(cells: list[str], said: str) -> None:
    """With the column."""
    with pytest.raises(SystemExit, match=said):
        read_targets(cells, "kind", 0)
