"""Small idx files, made here: two classes, one dark and one bright, packed and not."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from project_name.data import DataConfig
from small_network import NETWORK_FLAGS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the four files."""
    random, folder = np.random.default_rng(0), tmp_path / "idx"
    folder.mkdir()
    for split, count in (("train", 60), ("t10k", 20)):
        labels = np.arange(count, dtype=np.uint8) % 2
        images = random.integers(0, 100, (count, 12, 10)).astype(np.uint8) + 150 * labels[:, None, None]
        content = struct.pack(">4B3I", 0, 0, 8, 3, *images.shape) + images.astype(np.uint8).tobytes()
        (folder / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
        (folder / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, count) + labels.tobytes())
    return folder


@pytest.fixture
def data_config(root: Path) -> DataConfig:
    """The small files."""
    return DataConfig(root=root)


@pytest.fixture
def data_flags(root: Path) -> list[str]:
    """Flags that lead a run to the small files, and make its network small."""
    return ["--data.root", str(root), *NETWORK_FLAGS]
