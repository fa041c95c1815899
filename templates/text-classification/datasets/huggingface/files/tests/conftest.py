"""A small data set in a folder, in a format of Hugging Face, made here."""

import json
from pathlib import Path

import pytest
from made_texts import made_texts
from project_name.data import DataConfig
from small_network import network_flags, tokens_settings


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """160 texts to train on and 40 to test on; its cache is a temporary folder too."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))  # of runs as processes of their own
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    rows = [json.dumps({"body": text, "kind": label}) for text, label in made_texts(200)]
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "train.jsonl").write_text("\n".join(rows[:160]))
    (tmp_path / "texts" / "test.jsonl").write_text("\n".join(rows[160:]))
    return tmp_path / "texts"


@pytest.fixture
def data_config(dataset: Path, tmp_path: Path) -> DataConfig:
    """The small data set."""
    return DataConfig(dataset=str(dataset), text_column="body", label_column="kind", **tokens_settings(tmp_path))


@pytest.fixture
def data_flags(dataset: Path, tmp_path: Path) -> list[str]:
    """Flags that lead a run to the small data set."""
    flags = ["--data.dataset", str(dataset), "--data.text-column", "body", "--data.label-column", "kind"]
    return [*flags, "--data.max-length", "16", *network_flags(tmp_path)]
