"""Whose code may run: what a user agreed to, remembered by the content and not by the place."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from .suspicion import walk

HEADER = "# Templates whose code you agreed to run, by SHA-256 of their files; remove a line to be asked again.\n"


def digest(folder: Path) -> str:
    """What changes when anything in a folder does: a name, a content, a link's end, whether it can be run."""
    total = hashlib.sha256()
    for path in walk(folder):
        mode = path.lstat().st_mode & 0o170100
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        for part in (os.fsencode(path.relative_to(folder)), str(mode).encode(), content):
            total.update(len(part).to_bytes(8) + part)
    return total.hexdigest()


def is_trusted(known: str) -> bool:
    """Whether the user agreed to a template of this digest before."""
    try:
        lines = trust_file().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):  # what cannot be read is not agreed to
        return False
    return any(line.partition(" ")[0] == known for line in lines)


def remember_trust(known: str, source: str) -> None:
    """Remembers that the user agreed; where there is no home they are asked again."""
    file = trust_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            line = f"{known} {source.encode(errors='replace').decode()}\n"
            stream.write(line if stream.tell() else HEADER + line)
    except OSError:
        return


def trust_file() -> Path:
    """Where it is remembered."""
    return config_folder() / "trusted"


def config_folder() -> Path:
    """Where this tool keeps what belongs to its user."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return Path(home) / "torch-scaffold"
