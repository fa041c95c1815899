"""What tests of whole runs need to know about the data."""

import pytest
from project_name.data import DataConfig


@pytest.fixture
def data_config() -> DataConfig:
    """The data as it comes."""
    return DataConfig()


@pytest.fixture
def data_flags() -> list[str]:
    """The data as it comes needs no flags, small networks do."""
    return ["--model.width", "8"]
