"""Goes on where a run was: from a file, or from the newest checkpoint of a folder that is whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import distributed as idist
from .checkpoint import Checkpoint
from .saving.checkpoint_file import newest_checkpoint


def resume(to_load: Mapping[str, Any], path: str | Path) -> Path | None:
    """Loads the objects from a checkpoint.

    A damaged file is passed over with a warning, and the one before it is used. Called on every rank: rank 0
    looks into the folder and tells the others, so that all go on from the same file.

    Args:
        to_load: objects by name, as they were saved.
        path: a file, or a folder of checkpoints, which need not exist.

    Returns:
        The file; None if the folder has none, and nothing was loaded.

    Raises:
        FileNotFoundError: the file is not there.
        CheckpointError: it is damaged, unsafe, or of other objects.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     print(resume({}, folder))
        None
    """
    name = _look(Path(path), to_load) if idist.get_rank() == 0 else None
    name = idist.broadcast(name, safe_mode=True)
    if name is None:
        return None
    Checkpoint.load_objects(to_load, name)
    return Path(name)


def _look(path: Path, to_load: Mapping[str, Any]) -> str | None:
    is_file = path.is_file() or path.suffix == ".pt"  # a folder may have dots in its name, and not be there yet
    found = path if is_file else newest_checkpoint(path, holding=to_load)
    return None if found is None else str(found)
