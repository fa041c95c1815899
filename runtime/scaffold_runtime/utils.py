"""What PyTorch-Ignite's programs import from `ignite.utils`: a few functions, each of which lives where it is used."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from .distributed.setup_logger import setup_logger as setup_logger
from .engine.batches import convert_tensor as convert_tensor
from .engine.random_state import seed_everything as manual_seed

__all__ = [
    "apply_to_tensor",
    "apply_to_type",
    "convert_tensor",
    "hash_checkpoint",
    "manual_seed",
    "setup_logger",
    "to_onehot",
]


def apply_to_tensor(x: Any, func: Callable[[Tensor], Any]) -> Any:
    """The same structure with `func` applied to each tensor; see `apply_to_type`.

    Example:
        >>> apply_to_tensor({"a": [torch.ones(1), "word"]}, torch.neg)
        {'a': [tensor([-1.]), 'word']}
    """
    return apply_to_type(x, Tensor, func)


def apply_to_type(x: Any, input_type: type | tuple[type, ...], func: Callable[[Any], Any]) -> Any:
    """The same structure with `func` applied to all that is of one type.

    Args:
        x: mappings and sequences, in each other, of objects of that type; strings stay as they are.
        input_type: the type, or several.
        func: of such an object.

    Raises:
        TypeError: there is something else in it.
    """
    if isinstance(x, input_type):
        return func(x)
    if isinstance(x, (str, bytes)):
        return x
    kind = cast("Any", type(cast("object", x)))
    if isinstance(x, Mapping):
        entries = cast("Mapping[Any, Any]", x)
        return kind({key: apply_to_type(value, input_type, func) for key, value in entries.items()})
    if isinstance(x, Sequence):
        values = [apply_to_type(value, input_type, func) for value in cast("Sequence[Any]", x)]
        return kind(*values) if hasattr(kind, "_fields") else kind(values)
    raise TypeError(f"`x` should be mappings and sequences of {input_type}; there is a {kind.__name__} in it.")


def to_onehot(indices: Tensor, num_classes: int) -> Tensor:
    """Class indices as vectors of zeros and a one.

    Shapes:
        indices: `(N, ...)` int64, in `[0, num_classes)`.
        result: `(N, num_classes, ...)` uint8, on the same device.

    Args:
        indices: the classes.
        num_classes: how many there are.

    Example:
        >>> to_onehot(torch.tensor([2, 0]), num_classes=3)
        tensor([[0, 0, 1],
                [1, 0, 0]], dtype=torch.uint8)
    """
    shape = indices.shape[:1] + (num_classes,) + indices.shape[1:]  # noqa: RUF005  # which `torch.jit.script` reads
    return torch.zeros(shape, dtype=torch.uint8, device=indices.device).scatter_(1, indices.unsqueeze(1), 1)


def hash_checkpoint(checkpoint_path: str | Path, output_dir: str | Path) -> tuple[Path, str]:
    """Moves a checkpoint to `<name>-<first 8 digits of its SHA-256>.pt`, for `torch.hub`'s `check_hash`.

    Args:
        checkpoint_path: the file.
        output_dir: the folder that it moves to, made if it is not there.

    Returns:
        The new path, and the whole hash.

    Raises:
        FileNotFoundError: there is no such file.
    """
    path, folder = Path(checkpoint_path), Path(output_dir)
    if not path.exists():
        raise FileNotFoundError(f"There is no checkpoint '{path}'.")
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    hashed = folder / f"{path.stem}-{digest[:8]}.pt"
    shutil.move(path, hashed)
    return hashed, digest
