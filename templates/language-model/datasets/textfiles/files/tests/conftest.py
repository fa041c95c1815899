"""A small folder of texts, made here."""

from pathlib import Path

import pytest
from project_name.data import DataConfig


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """`root/*.txt`, each of sixty lines."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(4):
        lines = [f"line {line} of text {number}: the cat and the dog\n" for line in range(60)]
        (folder / f"{number}.txt").write_text("".join(lines))
    return folder


@pytest.fixture
def data_config(root: Path) -> DataConfig:
    """The small folder."""
    return DataConfig(root=root, pattern="*.txt", length=16)


@pytest.fixture
def data_flags(root: Path) -> list[str]:
    """Flags that lead a run to the small folder."""
    flags = ["--data.root", str(root), "--data.pattern", "*.txt", "--data.length", "16", "--data.val-fraction", "0.2"]
    return [*flags, "--model.width", "16", "--model.depth", "1", "--model.heads", "2", "--sample-tokens", "8"]
