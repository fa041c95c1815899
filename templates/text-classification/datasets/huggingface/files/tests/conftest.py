"""A small data set of Hugging Face, made here."""

from pathlib import Path

import pytest
from made_dataset import make_dataset
from made_texts import made_texts
from project_name.data import DataConfig
from small_network import network_flags, tokens_settings


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """160 texts to train on and 40 to test on."""
    rows = [{"body": text, "kind": label} for text, label in made_texts(200)]
    return make_dataset(tmp_path, {"train": rows[:160], "test": rows[160:]}, monkeypatch)


@pytest.fixture
def data_config(dataset: Path, tmp_path: Path) -> DataConfig:
    """The small data set."""
    return DataConfig(dataset=str(dataset), text_column="body", label_column="kind", **tokens_settings(tmp_path))


@pytest.fixture
def data_flags(dataset: Path, tmp_path: Path) -> list[str]:
    """Flags that lead a run to the small data set."""
    flags = ["--data.dataset", str(dataset), "--data.text-column", "body", "--data.label-column", "kind"]
    return [*flags, "--data.max-length", "16", *network_flags(tmp_path)]
