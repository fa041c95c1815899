"""What is refused of things that others made: too much of it, links that leave, names that are no names elsewhere.

It is asked of every template as soon as it is here, before anything reads it, and of every rendered project before
anything is written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from ..errors import TemplateError

LARGEST_BYTES = 128 * 1024 * 1024
MOST_FILES = 20_000
"""A large template has a thousand files and some megabytes."""
NO_NAME = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f\ud800-\udfff]|[. ]$')
"""What Windows has in no name, nor UTF-8."""
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(\..*)?", re.IGNORECASE)


class Budget:
    """Counts files and bytes of something, and refuses it when they are too many.

    Args:
        name: of what is counted, for the error.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.files = self.bytes = 0

    def spend(self, num_bytes: int, *, files: int = 1) -> None:
        """Counts a file, or a part of one.

        Raises:
            TemplateError: it is too much.
        """
        self.files += files
        self.bytes += num_bytes
        if self.files > MOST_FILES:
            raise TemplateError(f"'{self._name}' has more than {MOST_FILES} files.", "No template needs as many.")
        if self.bytes > LARGEST_BYTES:
            limit = f"{LARGEST_BYTES // 1024**2} MiB"
            raise TemplateError(f"'{self._name}' has more than {limit}.", "No template needs as much.")


def check_tree(root: Path, name: str) -> None:
    """Refuses a folder of somebody else's that is too large, or leads out of itself.

    Raises:
        TemplateError: there is a link that leaves it, something that is neither file nor folder, or too much.
    """
    budget, top = Budget(name), root.resolve()
    for path in walk(root):
        place = path.relative_to(root)
        if path.is_symlink():
            if not path.resolve().is_relative_to(top):
                raise TemplateError(
                    f"'{place}' in '{name}' is a link that leads out of it.", "Put the file itself there."
                )
        elif not (path.is_file() or path.is_dir()):
            raise TemplateError(f"'{place}' in '{name}' is neither file nor folder.", "Remove it.")
        budget.spend(path.lstat().st_size if path.is_file() and not path.is_symlink() else 0)


def walk(root: Path) -> Iterator[Path]:
    """All that is below a folder, sorted; links are not followed, and git's own folders are passed over."""
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        if entry.name == ".git":
            continue
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path))


def check_names(paths: Iterable[PurePosixPath], name: str) -> None:
    """Refuses paths of a project that leave it, or that a disk elsewhere cannot hold.

    Raises:
        TemplateError: which one, and why.

    Example:
        >>> check_names([PurePosixPath("docs/aux.md")], "theirs")
        Traceback (most recent call last):
        scaffold.errors.TemplateError: 'theirs' writes 'docs/aux.md', which is no name on Windows.
    """
    for path in paths:
        shown = str(path).encode(errors="backslashreplace").decode()
        if path.is_absolute() or not path.parts or ".." in path.parts:
            raise TemplateError(
                f"'{name}' writes '{shown}', which is not inside of the project.", "Nothing was written; do not use it."
            )
        if any(NO_NAME.search(part) or DEVICE.fullmatch(part) for part in path.parts):
            raise TemplateError(
                f"'{name}' writes '{shown}', which is no name on Windows.", "Rename it in the template."
            )
