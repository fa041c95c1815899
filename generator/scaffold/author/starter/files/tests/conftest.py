"""What tests of whole runs need to know about the data."""

import pytest
from project_name.data import DataConfig


@pytest.fixture
def data_config() -> DataConfig:
    """The data as they come."""
    return DataConfig()


@pytest.fixture
def data_flags() -> list[str]:
    """The data as they come need no flags."""
    return []
