"""The command as a person meets it: a process with pipes, or a process on a real pseudo-terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pyte
import pytest

KEYS = {
    "enter": "\r",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "backspace": "\x7f",
    "ctrl-c": "\x03",
    "ctrl-d": "\x04",
    "ctrl-u": "\x15",
    "escape": "\x1b",
}
PACKAGES = [str(Path(__file__).parents[3] / folder) for folder in ("generator", "runtime")]


def plain_environment(**changes: str) -> dict[str, str]:
    """A plain environment: no colours, no git identity but the test's own, no COLUMNS, no uv."""
    kept = {name: os.environ[name] for name in ("TMPDIR",) if name in os.environ}
    places = [place for place in os.environ["PATH"].split(os.pathsep) if not (Path(place) / "uv").exists()]
    fixed = {
        "PATH": os.pathsep.join(places),
        "PYTHONPATH": os.pathsep.join(PACKAGES),
        "TERM": "xterm",
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "HOME": "/dev/null",  # so git knows no author, and nothing is kept
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return kept | fixed | changes


@pytest.fixture
def environment() -> Callable[..., dict[str, str]]:
    """The plain environment that commands run in, with changes."""
    return plain_environment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The working directory of every command; the templates of these tests are its `templates`."""
    shutil.copytree(Path(__file__).parent / "fixtures" / "templates", tmp_path / "templates")
    return tmp_path


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def scaffold(folder: Path) -> Callable[..., Ended]:
    """Runs `scaffold WORDS` without a terminal, in `folder`."""

    def run(*words: str | Path, **changes: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "scaffold", *map(str, words)],
            cwd=folder,
            env=plain_environment(**changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=120,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


class Terminal:
    """A terminal window with the command running in it, and the person before it."""

    def __init__(self, words: list[str], folder: Path, *, columns: int = 80, rows: int = 40, **changes: str) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable,
            ["-m", "scaffold", *words],
            cwd=str(folder),
            env=plain_environment(**changes),  # pyright: ignore[reportArgumentType]  # a plain dict works
            dimensions=(rows, columns),
            timeout=60,
        )
        self.screen.write_process_input = self._answer

    def _answer(self, data: str) -> None:
        """What a terminal says itself, for example where its cursor is."""
        self._child.send(data)

    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def see(self, text: str, *, timeout_seconds: float = 30) -> Terminal:
        """Waits until a text is on the screen."""
        return self._until(lambda: text in self.text(), f"{text!r} to appear", timeout_seconds)

    def not_see(self, text: str, *, timeout_seconds: float = 30) -> Terminal:
        """Waits until a text is no longer on the screen."""
        return self._until(lambda: text not in self.text(), f"{text!r} to go", timeout_seconds)

    def press(self, *keys: str) -> Terminal:
        """Presses keys by name, or types text."""
        for key in keys:
            self._child.send(KEYS.get(key, key))
        return self

    def end(self) -> int:
        """Waits for the command to end; its exit code."""
        self._until(self._ended, "the command to end", 60)
        self._child.close()
        return self._child.exitstatus if self._child.exitstatus is not None else -(self._child.signalstatus or 0)

    def close(self) -> None:
        """Ends the command if it still runs."""
        self._child.close(force=True)

    def _ended(self) -> bool:
        return self._child.flag_eof

    def _until(self, true: Callable[[], bool], wanted: str, timeout_seconds: float) -> Terminal:
        deadline = time.monotonic() + timeout_seconds
        while not true():
            self._read()
            if time.monotonic() > deadline or (self._child.flag_eof and not true()):
                raise AssertionError(f"waited for {wanted}; the screen shows:\n{self.text()}")
        return self

    def _read(self) -> None:
        try:
            self._stream.feed(self._child.read_nonblocking(65536, timeout=0.1))
        except (pexpect.TIMEOUT, pexpect.EOF):
            return


@pytest.fixture
def terminal(folder: Path) -> Iterator[Callable[..., Terminal]]:
    """Opens a terminal in `folder` that runs `scaffold WORDS`."""
    opened: list[Terminal] = []

    def open_terminal(*words: str | Path, columns: int = 80, rows: int = 40, **changes: str) -> Terminal:
        opened.append(Terminal(list(map(str, words)), folder, columns=columns, rows=rows, **changes))
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.close()
