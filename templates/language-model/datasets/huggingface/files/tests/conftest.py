"""A small data set of Hugging Face, made here."""

from pathlib import Path

import pytest
from made_dataset import make_dataset
from project_name.data import DataConfig


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """160 texts to train on and 20 to test on."""
    rows = [{"story": f"Story {number}: the cat and the dog.\n"} for number in range(180)]
    return make_dataset(tmp_path, {"train": rows[:160], "test": rows[160:]}, monkeypatch)


@pytest.fixture
def data_config(dataset: Path) -> DataConfig:
    """The small data set."""
    return DataConfig(dataset=str(dataset), text_column="story", length=16)


@pytest.fixture
def data_flags(dataset: Path) -> list[str]:
    """Flags that lead a run to the small data set."""
    flags = ["--data.dataset", str(dataset), "--data.text-column", "story", "--data.length", "16"]
    return [*flags, "--model.width", "16", "--model.depth", "1", "--model.heads", "2", "--sample-tokens", "8"]
