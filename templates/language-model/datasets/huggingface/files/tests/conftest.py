"""A small data set in a folder, in a format of Hugging Face, made here."""

import json
from pathlib import Path

import pytest
from project_name.data import DataConfig


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """160 texts to train on and 20 to test on; its cache is a temporary folder too."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))  # of runs as processes of their own
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    rows = [json.dumps({"story": f"Story {number}: the cat and the dog.\n"}) for number in range(180)]
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "train.jsonl").write_text("\n".join(rows[:160]))
    (tmp_path / "texts" / "test.jsonl").write_text("\n".join(rows[160:]))
    return tmp_path / "texts"


@pytest.fixture
def data_config(dataset: Path) -> DataConfig:
    """The small data set."""
    return DataConfig(dataset=str(dataset), text_column="story", length=16)


@pytest.fixture
def data_flags(dataset: Path) -> list[str]:
    """Flags that lead a run to the small data set."""
    flags = ["--data.dataset", str(dataset), "--data.text-column", "story", "--data.length", "16"]
    return [*flags, "--model.width", "16", "--model.depth", "1", "--model.heads", "2", "--sample-tokens", "8"]
