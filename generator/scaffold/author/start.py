"""A first template to change: `scaffold template new`."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from ..errors import UsageError, WriteError

STARTER = Path(__file__).with_name("starter")


def start_template(folder: Path) -> list[str]:
    """Writes a template that trains as it is, whole or not at all; its files.

    Raises:
        UsageError: something is there already.
        WriteError: the disk refused.
    """
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"'{folder}' is there already.", "Name a folder that is to be made.")
    target = folder.resolve()
    staging = target.parent / f".{target.name[:50]}.scaffold-{secrets.token_hex(4)}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(STARTER, staging, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
        os.replace(staging, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"The template could not be written to '{folder}': {reason}.", "Nothing is there.") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
