"""CIFAR-10 in small: files in its format, with images made here, and a network of few channels."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from project_name.data import DataConfig
from small_network import NETWORK_FLAGS
from torchvision.datasets import CIFAR10


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 40 images per file; their checksums cannot be those of the real files."""
    folder = tmp_path / "data" / CIFAR10.base_folder
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for name, _ in [*CIFAR10.train_list, *CIFAR10.test_list]:
        pixels = random.integers(0, 256, (40, 3072), dtype=np.uint8)
        (folder / name).write_bytes(pickle.dumps({"data": pixels, "labels": [index % 10 for index in range(40)]}))
    meta = {CIFAR10.meta["key"]: [f"class {index}" for index in range(10)]}
    (folder / CIFAR10.meta["filename"]).write_bytes(pickle.dumps(meta))
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda path, md5=None: True)
    # Runs as processes of their own get the same patch: Python imports `sitecustomize` when it starts.
    patch = "import torchvision.datasets.cifar as cifar\n\ncifar.check_integrity = lambda path, md5=None: True\n"
    (tmp_path / "sitecustomize.py").write_text(patch)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return folder.parent


@pytest.fixture
def data_config(root: Path) -> DataConfig:
    """The small files."""
    return DataConfig(root=root)


@pytest.fixture
def data_flags(root: Path) -> list[str]:
    """Flags that lead a run to the small files, and make its network small."""
    return ["--data.root", str(root), *NETWORK_FLAGS]
