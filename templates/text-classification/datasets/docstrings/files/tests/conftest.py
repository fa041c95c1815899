"""What tests of whole runs need to know about the data: few docstrings, and a small network."""

from pathlib import Path

import pytest
from project_name.data import DataConfig
from small_network import network_flags, tokens_settings


@pytest.fixture
def data_config(tmp_path: Path) -> DataConfig:
    """Two libraries that every project has."""
    return DataConfig(libraries=("numpy", "torch"), docstrings_per_library=100, **tokens_settings(tmp_path))


@pytest.fixture
def data_flags(tmp_path: Path) -> list[str]:
    """Flags that lead a run to the same docstrings."""
    flags = ["--data.libraries", "numpy", "torch", "--data.docstrings-per-library", "100", "--data.max-length", "16"]
    return [*flags, *network_flags(tmp_path)]
