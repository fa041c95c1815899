"""Brings a template into a private folder, where nobody changes it between a look at it and its use."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ..errors import TemplateError, UsageError
from .source import Source
from .suspicion import Budget, check_tree

GIT_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "filter.lfs.smudge=cat",  # large files stay pointers: nobody asked for what may be gigabytes
    "filter.lfs.process=",
    "filter.lfs.required=false",
)
PROTOCOLS = "https:http:ssh:git:file"
TIMEOUT_SECONDS = 30
CHUNK_BYTES = 1024 * 1024
LONGEST_LINK_BYTES = 4096


@contextmanager
def fetched(source: Source) -> Generator[tuple[Path, Path]]:
    """All of the place, and the template's own folder in it, as long as the context lasts.

    Raises:
        UsageError: it cannot be had.
        TemplateError: it is too large, or leads out of itself.
    """
    with tempfile.TemporaryDirectory(prefix="scaffold-", ignore_cleanup_errors=True) as home:
        root = Path(home).resolve() / "template" / source.place_name
        root.parent.mkdir()
        {"folder": _copy, "zip": _unzip, "git": _clone}[source.kind](source, root)
        check_tree(root, source.text)
        folder = root / source.folder
        if not folder.resolve().is_relative_to(root.resolve()) or not folder.is_dir():
            raise UsageError(f"There is no folder '{source.folder}' in '{source.place}'.", "Look for it there.")
        yield root, folder


def _copy(source: Source, root: Path) -> None:
    check_tree(Path(source.place), source.text)  # before the disk is filled with a copy
    shutil.copytree(source.place, root, symlinks=True, ignore=shutil.ignore_patterns(".git"))


def _unzip(source: Source, root: Path) -> None:
    try:
        if "://" in source.place:
            with tempfile.TemporaryFile() as file:
                _download(source, file)
                _extract(file, source, root)
        else:
            with open(source.place, "rb") as file:
                _extract(file, source, root)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        raise UsageError(f"'{source.text}' is no zip that can be read: {error}.", "Ask for it anew.") from None
    entries = list(root.iterdir())
    if len(entries) == 1 and entries[0].is_dir() and not entries[0].is_symlink():  # as hosts pack a repository
        entries[0].rename(root.parent / ".top")
        root.rmdir()
        (root.parent / ".top").rename(root)


def _extract(file: BinaryIO, source: Source, root: Path) -> None:
    """Files first and links last, so that nothing is written through a link."""
    budget = Budget(source.text)
    links: dict[Path, str] = {}
    root.mkdir()
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            budget.spend(0)
            path = PurePosixPath(entry.filename)
            if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
                raise TemplateError(f"'{source.text}' has '{path}', which leads out of it.", "Do not use it.")
        for entry in archive.infolist():
            try:
                _extract_one(archive, entry, root / entry.filename, links, budget)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                raise TemplateError(f"'{source.text}' has '{entry.filename}' twice.", "Do not use it.") from None
        for target, leads_to in links.items():
            if os.path.lexists(target):
                raise TemplateError(f"'{source.text}' has '{target.relative_to(root)}' twice.", "Do not use it.")
            target.symlink_to(leads_to)


def _extract_one(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, links: dict[Path, str], budget: Budget
) -> None:
    mode = entry.external_attr >> 16
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as packed:
        if stat.S_ISLNK(mode):
            links[target] = packed.read(LONGEST_LINK_BYTES).decode()
            return
        with target.open("xb") as unpacked:
            while chunk := packed.read(CHUNK_BYTES):
                budget.spend(len(chunk), files=0)
                unpacked.write(chunk)
    target.chmod(0o755 if mode & 0o100 else 0o644)


def _download(source: Source, file: BinaryIO) -> None:
    import urllib.error  # imports a third of the network's library
    import urllib.request

    budget = Budget(source.text)
    try:
        with urllib.request.urlopen(source.place, timeout=TIMEOUT_SECONDS) as response:
            while chunk := response.read(CHUNK_BYTES):
                budget.spend(len(chunk), files=0)
                file.write(chunk)
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise UsageError(f"'{source.place}' cannot be downloaded: {reason}.", "Try again, or name a file.") from None
    file.seek(0)


def _clone(source: Source, root: Path) -> None:
    """One commit, without its history: a branch, a tag, or a commit by its whole name."""
    if shutil.which("git") is None:
        raise UsageError(f"'{source.text}' is reached by git, which is not installed.", "Install git, or name a zip.")
    root.mkdir()
    words = [("init", "--quiet", "--template="), ("fetch", "--quiet", "--depth=1", "--no-tags", "--")]
    _git(source, root, *words[0])
    _git(source, root, *words[1], source.place, source.ref or "HEAD")
    _git(source, root, "checkout", "--quiet", "FETCH_HEAD")
    shutil.rmtree(root / ".git")


def _git(source: Source, root: Path, *words: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or _may_stay(name)}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": PROTOCOLS}
    environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    done = subprocess.run(
        ["git", *(word for setting in GIT_SETTINGS for word in ("-c", setting)), *words],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().rpartition("\n")[2].removeprefix("fatal: ").rstrip(".")
        at = f" at '{source.ref}'" if source.ref else ""
        raise UsageError(f"'{source.text}' cannot be had{at}: {said}.", "Check the place, and whether you may read it.")


def _may_stay(name: str) -> bool:
    """What a user tells git about how to reach hosts; the rest is a hook's own repository."""
    return name.startswith(("GIT_CONFIG", "GIT_SSH", "GIT_SSL", "GIT_ASKPASS", "GIT_HTTP"))
