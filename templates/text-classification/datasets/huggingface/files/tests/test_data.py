"""The data set is read as it is, and what cannot be had is told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from datasets import ClassLabel, Features, Value, load_dataset
from project_name.data import DataConfig, load_datasets, read_inputs, read_labelled


def sizes_of(config: DataConfig) -> list[int]:
    """How many samples train, validate and test."""
    datasets = load_datasets(config)
    return [len(getattr(datasets, split)) for split in ("train", "val", "test")]


def test_its_own_splits_are_used(data_config: DataConfig) -> None:
    """The test split tests; without one for validation a part of the training samples validates."""
    datasets = load_datasets(data_config)
    tokens, label = datasets.train[0]
    assert (tokens.shape, tokens.dtype) == ((data_config.max_length,), torch.int64)
    assert label in (0, 1)
    assert datasets.info["classes"] == ["answer", "question"]
    assert sizes_of(data_config) == [136, 24, 40]


def test_fewer_samples_may_be_asked_for(data_config: DataConfig) -> None:
    """Of each split so many, before one is shared out."""
    assert sizes_of(replace(data_config, max_samples=20)) == [17, 3, 20]


def test_names_of_classes_are_those_of_the_data_set(tmp_path: Path) -> None:
    """Where it has numbers for classes it has their names too; a sample of class -1 has none."""
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(json.dumps({"text": text, "label": label}) for text, label in (("a", 1), ("b", -1))))
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
    cache = str(tmp_path / "cache")
    rows = load_dataset("json", data_files=str(file), features=features, cache_dir=cache, split="train")
    texts = read_labelled(rows, DataConfig())
    assert (texts.texts, texts.labels) == (["a"], ["yes"])


def test_a_column_that_is_not_there_is_named(data_config: DataConfig) -> None:
    """The message says which columns there are, and the flag."""
    with pytest.raises(SystemExit, match=r"no column 'stars'; it has \['body', 'kind'\]\.\nHint:  --data\.label-col"):
        load_datasets(replace(data_config, label_column="stars"))


def test_lines_are_predicted_for(data_config: DataConfig, tmp_path: Path) -> None:
    """Each line that is not blank is a sample."""
    info = load_datasets(data_config).info
    (tmp_path / "x.txt").write_text("what is it ?\n\nit is .\n")
    (name, tokens), _ = read_inputs(tmp_path / "x.txt", data_config, info)
    assert (name, tokens.shape) == (f"{tmp_path / 'x.txt'}:1", (data_config.max_length,))
