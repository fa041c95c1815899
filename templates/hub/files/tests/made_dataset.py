"""A data set in a format of Hugging Face, made for tests."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest


def make_dataset(folder: Path, rows: Mapping[str, Sequence[object]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the rows of each split; its cache is below `folder` too, and the hub cannot be reached."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", folder / "cache")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(folder / "cache"))  # of runs as processes of their own
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (folder / "texts").mkdir()
    for split, content in rows.items():
        (folder / "texts" / f"{split}.jsonl").write_text("\n".join(json.dumps(row) for row in content))
    return folder / "texts"
