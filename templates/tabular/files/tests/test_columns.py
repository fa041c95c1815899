"""What is learned of columns is learned from training rows, and holds for all others."""

import torch
from project_name.cells import Table
from project_name.columns import count_inputs, encode, learn_columns

TABLE: Table = {
    "height": ["1", "3", "", "100"],
    "town": ["Ulm", "Ulm", "Jena", "Kiel"],
    "empty": ["", "", "", ""],
}


def test_numbers_are_scaled_and_marked() -> None:
    """By mean and deviation of the training rows, 2 and 1; missing is the mean, and far away is cut."""
    columns = learn_columns(TABLE, [0, 1, 2], [])
    assert columns[0] == {"name": "height", "kind": "number", "mean": 2.0, "std": 1.0, "has_missing": True}
    rows = encode(TABLE, columns, "the test")
    assert rows[:, :2].tolist() == [[-1, 0], [1, 0], [0, 1], [10, 0]]


def test_a_rare_category_is_unknown() -> None:
    """One that one training row has stands for all that are met later; an empty column is left out."""
    columns = learn_columns(TABLE, [0, 1, 2], [])
    assert columns[1:] == [
        {"name": "town", "kind": "category", "categories": ["Ulm"], "has_unknown": True, "first_row": 0}
    ]
    assert encode(TABLE, columns, "the test")[:, 2].tolist() == [1, 1, 0, 0]
    assert count_inputs(columns) == {"num_numbers": 2, "num_categorical": 1, "num_categories": 2}


def test_without_an_unknown_one_the_most_frequent_stands_in() -> None:
    """Its embedding would have learned nothing."""
    table: Table = {"x": ["a", "b", "b", "a", "b", "c", None]}
    columns = learn_columns(table, range(5), [])
    assert encode(table, columns, "the test").squeeze(1).tolist() == [2, 1, 1, 2, 1, 1, 1]


def test_columns_share_one_table_of_embeddings() -> None:
    """The rows of the second column begin behind those of the first, numbers that are names included."""
    table: Table = {"x": ["a", "a", "b", "b"], "y": ["7", "7", "8", "8"]}
    columns = learn_columns(table, range(4), ["y"])
    assert torch.equal(encode(table, columns, "the test"), torch.tensor([[1.0, 4], [1, 4], [2, 5], [2, 5]]))
    assert count_inputs(columns) == {"num_numbers": 0, "num_categorical": 2, "num_categories": 6}
