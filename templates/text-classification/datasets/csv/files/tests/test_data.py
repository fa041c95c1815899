"""The table is read as its owner means it, and its faults are told."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from project_name.data import DataConfig, load_datasets, read_inputs


def test_samples_have_the_documented_shape(data_config: DataConfig) -> None:
    """A text is (max_length,) numbers with the index of a class; 70, 15 and 15 % of the rows are in the splits."""
    datasets = load_datasets(data_config)
    tokens, label = datasets.train[0]
    assert (tokens.shape, tokens.dtype) == ((data_config.max_length,), torch.int64)
    assert label in (0, 1)
    assert datasets.info["classes"] == ["answer", "question"]
    sizes = [len(samples) for samples in (datasets.train, datasets.val, datasets.test)]  # type: ignore[arg-type]
    assert sum(sizes) == 200
    assert sizes == pytest.approx([140, 30, 30], abs=2)


def test_rows_of_the_same_text_stay_together(data_config: DataConfig, table: Path) -> None:
    """A table that has each row twice has both in the same split."""
    before = load_datasets(data_config)
    header, *rows = table.read_text().splitlines()
    table.write_text("\n".join([header, *rows, *rows]) + "\n")
    after = load_datasets(data_config)
    for split in ("train", "val", "test"):
        assert len(getattr(after, split)) == 2 * len(getattr(before, split))


def test_other_files_validate_and_test(data_config: DataConfig, table: Path) -> None:
    """Where files are named for it, all rows of the first one train."""
    datasets = load_datasets(replace(data_config, val_path=table, test_path=table))
    assert len(datasets.train) == len(datasets.val) == len(datasets.test) == 200  # type: ignore[arg-type]


def test_a_column_that_is_not_there_is_named(data_config: DataConfig, table: Path) -> None:
    """The message says which columns there are, and the flag."""
    with pytest.raises(SystemExit) as stopped:
        load_datasets(replace(data_config, label_column="stars"))
    assert str(stopped.value) == (
        f"Error: '{table}' has no column 'stars'; it has ['number', 'body', 'kind'].\n"
        "Hint:  --data.label-column names the column of the labels."
    )


def test_rows_without_a_label_are_left_out(
    data_config: DataConfig, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """How many is told."""
    table.write_text(table.read_text() + "200,one more,\n201,,question\n")
    datasets = load_datasets(data_config)
    assert sum(len(getattr(datasets, split)) for split in ("train", "val", "test")) == 200
    assert "2 of 202 rows" in caplog.text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'body,kind\n"a', None])
def test_what_is_no_table_is_told(content: bytes | None, data_config: DataConfig, tmp_path: Path) -> None:
    """In a sentence that names the file."""
    path = tmp_path / "other.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit, match=r"^Error: '.*other\.csv' cannot be read as a table: "):
        load_datasets(replace(data_config, path=path))


def test_one_class_is_too_few(data_config: DataConfig, table: Path) -> None:
    """There is nothing to tell apart."""
    table.write_text(table.read_text().replace("question", "answer"))
    with pytest.raises(SystemExit, match="1 class"):
        load_datasets(data_config)


def test_tab_separated_files_are_read(data_config: DataConfig, table: Path, tmp_path: Path) -> None:
    """The ending says what divides the columns."""
    path = tmp_path / "texts.tsv"
    path.write_text(table.read_text().replace(",", "\t"))
    assert load_datasets(replace(data_config, path=path)).info == load_datasets(data_config).info


def test_tables_and_lines_are_predicted_for(data_config: DataConfig, table: Path, tmp_path: Path) -> None:
    """Each row of the column of texts, or each line that is not blank."""
    info = load_datasets(data_config).info
    assert len(read_inputs(table, data_config, info)) == 200
    (tmp_path / "x.txt").write_text("what is it ?\n\nit is .\n")
    (name, tokens), _ = read_inputs(tmp_path / "x.txt", data_config, info)
    assert (name, tokens.shape) == (f"{tmp_path / 'x.txt'}:1", (data_config.max_length,))
    (tmp_path / "y.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SystemExit, match="has no column 'body'"):
        read_inputs(tmp_path / "y.csv", data_config, info)
