"""What this machine says of its user: answers to options of these names, where a template has them.

`author` and `email` are git's, as a commit here would have them, and `year` is the current one. They are answers like
others: recorded in the project, so that it can be made again elsewhere and later.
"""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

from .repository import run_git

IDENTITY = re.compile(r"(?P<author>.*) <(?P<email>.*)> \d+ [+-]\d+")


def suggestions(folder: Path) -> dict[str, Any]:
    """The answers, for a project in a folder that may have settings of its own and need not be there yet."""
    identity = IDENTITY.fullmatch(_git_identity(folder))
    return {**(identity.groupdict() if identity else {}), "year": date.today().year}


def _git_identity(folder: Path) -> str:
    """Who a commit would be by; nothing if git does not know, or is not there."""
    if shutil.which("git") is None:
        return ""
    absolute = folder.absolute()
    there = next(each for each in (absolute, *absolute.parents) if each.is_dir())
    done = run_git(there, "var", "GIT_AUTHOR_IDENT")
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""
