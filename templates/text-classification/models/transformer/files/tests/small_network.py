"""A network and a tokenizer that are small enough for tests."""

from pathlib import Path
from typing import Any


def network_flags(folder: Path) -> list[str]:
    """Flags of a run with the small network; the folder is for what it needs."""
    return ["--model.width", "16", "--model.depth", "1"]


def tokens_settings(folder: Path) -> dict[str, Any]:
    """Fields of `TokensConfig` that go with the small network."""
    return {}
