"""What this machine says of its user: answers to options of these names, where a template has them.

`author` and `email` are git's, as a commit here would have them, and `year` is the current one. They are answers like
others: recorded in the project, so that it can be made again elsewhere and later.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from .repository import LOCAL_VARIABLES, SETTINGS

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
    done = subprocess.run(
        ["git", *(word for setting in SETTINGS for word in ("-c", setting)), "var", "GIT_AUTHOR_IDENT"],
        cwd=there,
        env={name: value for name, value in os.environ.items() if name not in LOCAL_VARIABLES},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
