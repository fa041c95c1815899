"""What tests of whole runs need to know about the data: little of it, and a small network."""

import pytest
from project_name.data import DataConfig


@pytest.fixture
def data_config() -> DataConfig:
    """Little text."""
    return DataConfig(max_train_bytes=20_000, max_held_out_bytes=4_000, length=16)


@pytest.fixture
def data_flags() -> list[str]:
    """Flags that lead a run to the same text."""
    flags = ["--data.max-train-bytes", "20000", "--data.max-held-out-bytes", "4000", "--data.length", "16"]
    return [*flags, "--model.width", "16", "--model.depth", "1", "--model.heads", "2", "--sample-tokens", "8"]
