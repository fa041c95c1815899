"""Where a template from elsewhere is, as users write it: `gh:org/repo`, a git URL, a zip, a folder.

`//FOLDER` names a folder in it, and `#REF` a branch, a tag or a whole commit: `gh:org/repo//templates/a#v1.2`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from ..errors import UsageError

HOSTS = {"gh": "https://github.com/{}.git", "gl": "https://gitlab.com/{}.git", "bb": "https://bitbucket.org/{}.git"}
"""What the short names of hosts stand for, as cookiecutter has them."""
PARTS = re.compile(r"(?P<place>(?:\w[\w+.-]*://)?.*?)(?://(?P<folder>[^#]+))?(?:#(?P<ref>.+))?")
REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]*")
EXAMPLES = "For example `gh:org/repo`, `https://host/repo.git#v1.2`, `template.zip` or `./folder`."


@dataclass(frozen=True)
class Source:
    """A place that a template is brought from.

    Attributes:
        text: as a project remembers it; a place on this disk is spelt out.
        kind: how it is brought.
        place: the folder, the file or the URL.
        folder: the template's own folder in it.
        ref: a branch, a tag or a commit.
    """

    text: str
    kind: Literal["folder", "zip", "git"]
    place: str
    folder: PurePosixPath = field(default_factory=PurePosixPath)
    ref: str | None = None

    @property
    def name(self) -> str:
        """What the template is called."""
        return self.folder.name or self.place_name

    @property
    def place_name(self) -> str:
        """What the whole place is called."""
        last = re.split(r"[/:\\]", self.place.rstrip("/"))[-1]
        return re.sub(r"\.(git|zip)$", "", last).lstrip(".") or "template"

    def with_folder(self, folder: str) -> Source:
        """The same place, and one template of those in it."""
        before, sign, ref = self.text.partition("#") if self.ref else (self.text, "", "")
        return replace(self, text=f"{before.rstrip('/')}//{folder}{sign}{ref}", folder=PurePosixPath(folder))


def is_elsewhere(text: str) -> bool:
    """Whether this names a place and not a template of a catalog.

    Example:
        >>> [is_elsewhere(text) for text in ("gh:org/repo", "./mine", "a.zip", "vision-classification")]
        [True, True, True, False]
    """
    return bool(re.match(r"\.{0,2}/|[~.]|\w[\w+.-]*:", text)) or "/" in text or text.endswith((".zip", ".git"))


def read_source(text: str) -> Source:
    """The place that a text names.

    Raises:
        UsageError: it names none.

    Example:
        >>> read_source("gh:org/repo//templates/a#v1").place
        'https://github.com/org/repo.git'
    """
    if any(ord(letter) < ord(" ") for letter in text) or text.startswith("-"):
        raise UsageError(f"'{text}' names no place of a template.", EXAMPLES)
    whole = Path(text).expanduser() if text.startswith("~") else Path(text)
    if "//" not in text and whole.exists():  # a name with `#`, say
        return _on_disk(whole, PurePosixPath(), None)
    found = PARTS.fullmatch(text)
    assert found is not None  # the place takes anything
    place, ref = found["place"], found["ref"]
    folder = PurePosixPath((found["folder"] or "").strip("/"))
    if ".." in folder.parts:
        raise UsageError(f"'{text}' names a folder outside of the template.", "The folder after `//` goes down.")
    if ref is not None and not REF.fullmatch(ref):
        raise UsageError(f"'{ref}' in '{text}' is no branch, tag or commit.", EXAMPLES)
    return _remote(text, place, folder, ref) or _on_disk(Path(place).expanduser(), folder, ref)


def _remote(text: str, place: str, folder: PurePosixPath, ref: str | None) -> Source | None:
    host, colon, path = place.partition(":")
    if colon and host in HOSTS:
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+", path):
            raise UsageError(f"'{text}' names no repository.", f"Say `{host}:org/repo`.")
        return Source(text, "git", HOSTS[host].format(path.removesuffix(".git")), folder, ref)
    scheme = place.partition("://")[0].removeprefix("git+") if "://" in place else None
    if scheme in ("http", "https") and place.endswith(".zip"):
        return Source(text, "zip", place, folder)
    if scheme in ("http", "https", "ssh", "git", "file"):
        return Source(text, "git", place.removeprefix("git+"), folder, ref)
    if scheme is not None or "::" in place:
        raise UsageError(f"'{text}' is reached in a way that is not known here.", EXAMPLES)
    if re.match(r"[\w.-]+@[\w.-]+:", place):  # as git spells a place reached by ssh
        return Source(text, "git", place, folder, ref)
    return None


def _on_disk(path: Path, folder: PurePosixPath, ref: str | None) -> Source:
    if not path.exists():
        raise UsageError(f"There is no template at '{path}'.", EXAMPLES)
    absolute = path.resolve()
    spelt = str(absolute) + (f"//{folder}" if folder.parts else "") + (f"#{ref}" if ref else "")
    if path.is_file():
        return Source(spelt, "zip", str(absolute), folder)
    is_bare = (absolute / "HEAD").is_file() and (absolute / "objects").is_dir()
    return Source(spelt, "git" if is_bare or ref else "folder", str(absolute), folder, ref)
