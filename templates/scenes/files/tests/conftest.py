"""What tests of whole runs need to know about the data."""

from dataclasses import replace

import pytest
from project_name.data import DataConfig


@pytest.fixture
def data_config() -> DataConfig:
    """Few scenes."""
    return replace(DataConfig(), num_scenes=96, num_eval_scenes=16)


@pytest.fixture
def data_flags() -> list[str]:
    """Flags that lead a run to few scenes, and make its network small."""
    return ["--data.num-scenes", "96", "--data.num-eval-scenes", "16", "--model.width", "8", "--model.levels", "1"]
