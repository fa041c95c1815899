"""Runs `PACKAGE.train`, told to leave at each line of the project: told_at_each_line.py SOURCE PACKAGE FLAGS.

The project's are its own files and what the runtime has about runs. Where a line is to be run for the first time and
nothing would be saved, a twin of the program gets SIGTERM, and goes on from there. The last line that is printed has
how many twins there were, and where one did not end with 75.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

SOURCE, PACKAGE = str(Path(sys.argv[1]).resolve()), sys.argv[2]
SECONDS = 20
"""After which a twin hangs: it has but to leave."""

elsewhere: dict[str, int] = {}
seen: set[tuple[str, int]] = set()
program = os.getpid()


def look(frame: FrameType, event: str, argument: Any) -> Any:
    """Called at each function, and at each line of those of the project."""
    if os.getpid() != program or not is_looked_at(frame.f_code.co_filename):
        return None
    place = (frame.f_code.co_filename.removeprefix(SOURCE), frame.f_lineno)
    if event == "line" and place not in seen and (signals := leaving_at_once()):
        seen.add(place)
        fork(signals, *place)
    return look


@cache
def is_looked_at(file: str) -> bool:
    """Whether a file is the project's; not where lines are written, for a twin does not hold `logging`'s locks."""
    own = file.startswith(SOURCE) and not file.endswith("/run/terminal.py")
    return own and ("/runtime/" not in file or "/runtime/run/" in file)


def leaving_at_once() -> Any:
    """The project's module of signals, if one of them would end the program where it is."""
    signals = sys.modules.get(f"{PACKAGE}.runtime.distributed.signals")
    hears = signal.getsignal(signal.SIGTERM) is getattr(signals, "_hear", None)
    return signals if hears and signals._listener is signals._leave else None


def fork(signals: Any, file: str, line: int) -> None:
    """Returns in the twin, which has been told, and in this process when the twin has ended."""
    twin = os.fork()
    if twin == 0:
        sys.settrace(None)
        signal.alarm(SECONDS)
        signals._owner = os.getpid()
        os.unlink = os.rmdir = lambda *arguments, **more: None  # what it has begun to write is the program's
        os.kill(os.getpid(), signal.SIGTERM)
        return
    code = os.waitstatus_to_exitcode(os.waitpid(twin, 0)[1])
    if code != 75:
        elsewhere[f"{file}:{line}"] = code


sys.argv = sys.argv[2:]
sys.settrace(look)
try:
    runpy.run_module(f"{PACKAGE}.train", run_name="__main__", alter_sys=True)
except SystemExit as leaving:
    if os.getpid() != program:
        os._exit(leaving.code if isinstance(leaving.code, int) else 1)  # the ends of threads that it does not have
    raise
finally:
    sys.settrace(None)
print(json.dumps([len(seen), elsewhere]))
