"""What two runs have left, compared to the bit."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from .instants import unfinished

SECONDS = ("seconds",)  # what no two runs share


def differences(expected: Path, found: Path, *, may_lack: bool = False) -> list[str]:
    """Everything in which the folder of a run differs from that of an untouched one, but for times.

    Args:
        expected: the folder of the untouched run.
        found: that of the other.
        may_lack: a state before the newest may be missing, as where the disk was full when it was to be written.
    """
    names = [name for name in _names(expected) if not may_lack or (found / "checkpoints" / name).exists()]
    return [
        *_compare("checkpoints", names, _names(found)),
        *(f"unfinished {path.name}" for path in unfinished(found / "checkpoints")),
        *_compare("history", _history(expected), _history(found)),
        *_compare("results", _results(expected), _results(found)),
        *_compare("last", _load(expected, "last_*.pt"), _load(found, "last_*.pt")),
        *_compare("best", _load(expected, "best_*.pt"), _load(found, "best_*.pt")),
    ]


def _names(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "checkpoints").glob("*.pt"))


def _load(run: Path, pattern: str) -> Any:
    """The state that was written last."""
    newest = max((run / "checkpoints").glob(pattern), key=lambda path: path.stat().st_mtime_ns)
    return torch.load(newest, weights_only=True)


def _history(run: Path) -> list[dict[str, str]]:
    with (run / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _results(run: Path) -> dict[str, Any]:
    return json.loads((run / "results.json").read_text())


def _compare(place: str, expected: Any, found: Any) -> Iterator[str]:
    if isinstance(expected, Tensor) and isinstance(found, Tensor):
        if not _same_bits(expected, found):
            yield f"{place}: tensors differ"
    elif isinstance(expected, Mapping) and isinstance(found, Mapping):
        ours, theirs = cast("Mapping[Any, Any]", expected), cast("Mapping[Any, Any]", found)
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            if key in SECONDS:
                continue
            if key in ours and key in theirs:
                yield from _compare(f"{place}.{key}", ours[key], theirs[key])
            else:
                yield f"{place}.{key}: in one of them only"
    elif _is_list(expected) and _is_list(found) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _compare(f"{place}[{index}]", one, other)
    elif expected != found and not (expected != expected and found != found):  # two NaN are alike
        yield f"{place}: {expected!r}, and {found!r}"


def _same_bits(one: Tensor, other: Tensor) -> bool:
    alike = one.shape == other.shape and one.dtype == other.dtype
    return alike and bytes(one.contiguous().flatten().view(torch.uint8).numpy()) == bytes(
        other.contiguous().flatten().view(torch.uint8).numpy()
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
