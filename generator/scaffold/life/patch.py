"""Two states of a file as a unified diff, as `git diff` and `patch` have it."""

from __future__ import annotations

import difflib
import io
from pathlib import PurePosixPath

from ..build.project import ProjectFile

NOWHERE = "/dev/null"
PLAIN = (0o644, 0o755)


def unified(path: PurePosixPath, old: ProjectFile | None, new: ProjectFile | None) -> str:
    r"""The lines that lead from one state to the other; nothing if they are the same.

    Args:
        path: the file's.
        old: its state before; None if it was not there.
        new: its state after.

    Example:
        >>> print(unified(PurePosixPath("a"), ProjectFile(b"x\n", 0o644, ""), ProjectFile(b"y", 0o644, "")), end="")
        --- a/a
        +++ b/a
        @@ -1 +1 @@
        -x
        +y
        \ No newline at end of file
    """
    before, after = _content(old), _content(new)
    mode = f"mode of {path}: {old.mode:o} -> {new.mode:o}\n" if old and new and old.mode != new.mode else ""
    if before == after and (old is None) == (new is None):
        return mode
    names = f"a/{path}" if old else NOWHERE, f"b/{path}" if new else NOWHERE
    if b"\0" in before + after:
        return f"{mode}Binary files {names[0]} and {names[1]} differ\n"
    one, other = ([line.decode(errors="replace") for line in io.BytesIO(each)] for each in (before, after))
    lines = list(difflib.unified_diff(one, other, *names)) or [f"--- {names[0]}\n", f"+++ {names[1]}\n"]
    return mode + "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _content(file: ProjectFile | None) -> bytes:
    if file is None:
        return b""
    return file.content if file.mode in PLAIN else b"(no plain file)\n"
