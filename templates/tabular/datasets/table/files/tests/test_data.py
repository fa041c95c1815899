"""A table of one's own: what its columns are taken for, and what is said of one that does not do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from project_name.data import DataConfig, load_datasets, read_inputs
from project_name.parquet import read_parquet


def column(datasets: Any, name: str) -> dict[str, Any] | None:
    """What was learned of a column."""
    return next((column for column in datasets.info["columns"] if column["name"] == name), None)


def test_columns_are_what_they_look_like(data_config: DataConfig) -> None:
    """Numbers, categories with what is missing, numbers that are names; what says nothing is left out."""
    datasets = load_datasets(data_config)
    width, colour, code = (column(datasets, name) for name in ("width", "colour", "code"))
    assert width is not None
    assert (width["kind"], width["has_missing"]) == ("number", True)
    assert colour is not None
    assert (sorted(colour["categories"]), colour["has_unknown"]) == (["blue", "green", "red"], True)
    assert code is not None
    assert (sorted(code["categories"]), code["has_unknown"]) == (["10115", "80331"], False)
    assert column(datasets, "id") is column(datasets, "always") is None
    assert {name: datasets.sizes[name] for name in ("num_numbers", "num_categorical", "num_categories")} == {
        "num_numbers": 2,  # the width, and whether it is missing
        "num_categorical": 2,
        "num_categories": 7,  # each column has one for the unknown
    }
    assert datasets.train[0][0].shape == (4,)


def test_statistics_are_of_the_training_rows(data_config: DataConfig) -> None:
    """Another split has another mean."""
    means = [column(load_datasets(replace(data_config, split_seed=seed)), "width") for seed in (0, 1)]
    assert means[0] is not None
    assert means[1] is not None
    assert means[0]["mean"] != means[1]["mean"]


def test_rows_to_predict_need_no_target(data_config: DataConfig, tmp_path: Path) -> None:
    """In any order of columns; a missing number is the mean, an unknown category no error."""
    info = load_datasets(data_config).info
    (tmp_path / "new.tsv").write_text("colour\tcode\twidth\nred\t10115\t\npurple\t1\t5\n")
    (name, first), (_, second) = read_inputs(tmp_path / "new.tsv", data_config, info)
    assert name == "new.tsv row 1"
    assert first[:2].tolist() == [0, 1]  # the mean, and the mark
    assert second[1] == 0
    assert not torch.equal(first[2:], second[2:])


def test_a_wrong_target_is_told_with_the_nearest(data_config: DataConfig) -> None:
    """The message names what there is."""
    with pytest.raises(SystemExit) as stopped:
        load_datasets(replace(data_config, target="colours"))
    assert str(stopped.value).startswith(
        f"Error: '{data_config.path}' has no column 'colours'.\nHint:  Did you mean 'colour'? It has id, width, "
    )


def test_text_in_a_column_of_numbers_is_told(data_config: DataConfig, tmp_path: Path) -> None:
    """When predicting: the row, the column and the cell."""
    info = load_datasets(data_config).info
    file = tmp_path / "new.csv"
    file.write_text("colour,code,width\nred,1,2\nred,1,wide\n")
    with pytest.raises(SystemExit) as stopped:
        read_inputs(file, data_config, info)
    assert str(stopped.value) == (
        f"Error: Column 'width' should be a number, and is 'wide' in row 2 of '{file}'.\n"
        "Hint:  Correct the cell or leave it empty: a missing value is taken for the mean."
    )


def test_a_column_that_is_not_there_is_told(data_config: DataConfig, tmp_path: Path) -> None:
    """When predicting: which one."""
    info = load_datasets(data_config).info
    (tmp_path / "new.csv").write_text("color,code,width\nred,1,2\n")
    with pytest.raises(SystemExit, match=r"has no column 'colour'\.\nHint:  Did you mean 'color'\?"):
        read_inputs(tmp_path / "new.csv", data_config, info)


def test_numbers_with_a_few_words_are_told(data_config: DataConfig) -> None:
    """They are mistakes in the table rather than categories."""
    text = data_config.path.read_text().replace("row-9,", "9,").replace("row-", "")
    data_config.path.write_text(text.replace("\n8,", "\neight,").replace("\n5,", "\nfive,"))
    with pytest.raises(SystemExit, match=r"Column 'id' has numbers, but for \d of its 8\d training rows, such as"):
        # In one of the splits one of the words is a training row.
        _ = [load_datasets(replace(data_config, split_seed=seed)) for seed in range(9)]


def test_parquet_is_read(data_config: DataConfig, tmp_path: Path) -> None:
    """With its types: a number, a whole number, a truth, a date, and nothing; where pyarrow is installed."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = {"a": [0.5, None], "b": [1, 2], "c": [True, False], "d": ["x", None]}
    parquet.write_table(arrow.table(rows), tmp_path / "x.parquet")
    assert read_parquet(tmp_path / "x.parquet") == {
        "a": [0.5, None],
        "b": [1.0, 2.0],
        "c": ["True", "False"],
        "d": ["x", None],
    }
    (tmp_path / "x.parquet").write_bytes(b"no parquet")
    with pytest.raises(SystemExit, match="cannot be read as Parquet"):
        load_datasets(replace(data_config, path=tmp_path / "x.parquet"))
