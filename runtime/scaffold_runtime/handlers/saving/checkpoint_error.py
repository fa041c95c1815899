"""What can be wrong with a checkpoint, each with its own sentence and its own way out.

CheckpointError
├── SaveError                 could not be written; what was there before is untouched
├── DamagedCheckpointError    cut short, or its bytes have changed
├── UnsafeCheckpointError     holds code, which is never run
├── NewerCheckpointError      written by a later version of this runtime
└── MismatchError             of another model, or without something that was asked for
"""

from collections.abc import Collection, Mapping
from pathlib import Path


class CheckpointError(RuntimeError):
    """Something is wrong with a checkpoint; the message says what, and what to do."""


class SaveError(CheckpointError):
    """A checkpoint could not be written; older ones are untouched."""

    def __init__(self, path: Path, reason: OSError) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"The checkpoint '{path}' could not be written: {reason.strerror or reason}. Those saved before are "
            "untouched; check that the folder exists, is writable and has space."
        )


class DamagedCheckpointError(CheckpointError):
    """A file is not what was written."""

    def __init__(self, path: Path, damage: str) -> None:
        super().__init__(f"The checkpoint '{path}' is damaged: {damage}. Use the one before it.")


class UnsafeCheckpointError(CheckpointError):
    """A file holds more than tensors and plain values."""

    def __init__(self, path: Path, content: str) -> None:
        super().__init__(
            f"The checkpoint '{path}' holds code or objects of its own ({content}), and nothing of it was run. "
            "If you trust its author, load it with `torch.load(path, weights_only=False)` and save its tensors."
        )


class NewerCheckpointError(CheckpointError):
    """A file was written by a later version."""

    def __init__(self, path: Path, *, found: int, known: int) -> None:
        super().__init__(
            f"'{path}' is of format {found}, and this version reads formats up to {known}. "
            "Use the version that wrote it, or a newer one."
        )


class MismatchError(CheckpointError, ValueError):
    """A checkpoint and what should be loaded from it do not belong together."""

    def __init__(
        self,
        name: str,
        *,
        missing: Collection[str] = (),
        unexpected: Collection[str] = (),
        shapes: Mapping[str, tuple[object, object]] | None = None,
        fits_in_part: bool = False,
    ) -> None:
        parts: list[str] = []
        if missing:
            parts.append(f"the checkpoint lacks {_joined([f'`{key}`' for key in missing])}")
        if unexpected:
            parts.append(f"it has {_joined([f'`{key}`' for key in unexpected])} besides")
        if shapes:
            differing = [f"`{key}` ({saved} saved, {wanted} here)" for key, (saved, wanted) in shapes.items()]
            parts.append(f"shapes differ in {_joined(differing)}")
        part = ", or load what fits with `strict=False`" if fits_in_part else ""
        super().__init__(
            f"The checkpoint is not of this '{name}': {'; '.join(parts)}. "
            f"Build it with the settings it was trained with{part}."
        )


def _joined(parts: list[str], *, most: int = 5) -> str:
    more = f" and {len(parts) - most} more" if len(parts) > most else ""
    return ", ".join(parts[:most]) + more
