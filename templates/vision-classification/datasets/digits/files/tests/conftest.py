"""What tests of whole runs need to know about the data."""

import pytest
from project_name.data import DataConfig
from small_network import NETWORK_FLAGS


@pytest.fixture
def data_config() -> DataConfig:
    """The data as it comes."""
    return DataConfig()


@pytest.fixture
def data_flags() -> list[str]:
    """The data as it comes needs no flags, a small network does."""
    return NETWORK_FLAGS
