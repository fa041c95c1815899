"""A small table of texts, made here."""

import csv
from pathlib import Path

import pytest
from made_texts import made_texts
from project_name.data import DataConfig
from small_network import network_flags, tokens_settings


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """200 texts with their labels, in a file with other columns too."""
    with (tmp_path / "texts.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "body", "kind"])
        writer.writerows((number, *row) for number, row in enumerate(made_texts(200)))
    return tmp_path / "texts.csv"


@pytest.fixture
def data_config(table: Path, tmp_path: Path) -> DataConfig:
    """The small table."""
    return DataConfig(path=table, text_column="body", label_column="kind", **tokens_settings(tmp_path))


@pytest.fixture
def data_flags(table: Path, tmp_path: Path) -> list[str]:
    """Flags that lead a run to the small table."""
    flags = ["--data.path", str(table), "--data.text-column", "body", "--data.label-column", "kind"]
    return [*flags, "--data.max-length", "16", *network_flags(tmp_path)]
