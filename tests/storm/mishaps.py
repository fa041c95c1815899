"""What befalls a run beside being killed: damaged files, a full disk, somebody who starts it once more."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

DISK = "64m"
"""Size of the file system that is filled up."""


def damage_newest(draw: random.Random, checkpoints: Path) -> None:
    """Changes, cuts or empties the newest state, if there is one before it to go on from."""
    states = sorted(checkpoints.glob("last_*.pt"), key=lambda path: path.stat().st_mtime_ns)
    if len(states) < 2:
        return
    content = bytearray(states[-1].read_bytes())
    ways: list[Callable[[], bytes]] = [
        lambda: bytes(content[: draw.randrange(len(content))]),
        lambda: b"",
        lambda: _with_changed_bit(draw, content),
    ]
    states[-1].write_bytes(draw.choice(ways)())


def _with_changed_bit(draw: random.Random, content: bytearray) -> bytes:
    place = draw.randrange(len(content))
    content[place] ^= 1 << draw.randrange(8)
    return bytes(content)


@contextmanager
def own_disk(folder: Path) -> Generator[None]:
    """Within it the folder is a small file system; needs root."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Generator[None]:
    """Within it there is no space left where the folder is."""
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            while file.write(bytes(1 << 16)):
                pass
    except OSError:
        pass
    try:
        yield
    finally:
        filler.unlink()
