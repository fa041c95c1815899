"""The data set is read as it is, and what cannot be had is told."""

from dataclasses import replace

import pytest
import torch
from project_name.data import DataConfig, limited, load_datasets


def test_its_own_splits_are_used(data_config: DataConfig) -> None:
    """The test split tests; without one for validation a part of the training texts validates."""
    datasets = load_datasets(data_config)
    tokens, targets = datasets.train[0]
    assert (tokens.shape, targets.shape) == ((16,), (2, 16))
    assert tokens.dtype == targets.dtype == torch.int64
    parts = datasets.info["baselines"]
    text = "Story 160: the cat and the dog.\n\0"
    assert parts["test"]["bytes"] == 20 * len(text)
    assert 0 < parts["val"]["bytes"] < 20 * len(text)


def test_less_text_may_be_asked_for(data_config: DataConfig) -> None:
    """Texts are read until there is enough, the last one in part."""
    assert limited(iter([b"abc", b"def", b"ghi"]), 5) == [b"abc", b"de"]
    assert limited([b"abc", b"def"], None) == [b"abc", b"def"]
    assert load_datasets(replace(data_config, max_held_out_bytes=50)).info["baselines"]["test"]["bytes"] == 52


def test_a_column_that_is_not_there_is_named(data_config: DataConfig) -> None:
    """The message says which columns there are, and the flag."""
    with pytest.raises(SystemExit, match=r"no column 'text'; it has \['story'\]\.\nHint:  --data\.text-column"):
        load_datasets(replace(data_config, text_column="text"))
