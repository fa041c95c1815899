"""What holds for all tests."""

from __future__ import annotations

import gc
import os
import signal
import sys

import pytest

# A shell that starts the tests in the background lets them ignore Ctrl-C, and their children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which `nohup` has them ignore

# As many tests run as there are cores: torch, which is imported later, is to take one of them, here and in programs.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Graphs that XLA compiles here run a few times: to compile them well takes five times as long as all the rest.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

# Hundreds of programs import the same modules, which are compiled once, whatever the shell says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Lines that several processes print at once would be mixed, a word from each.
os.environ.pop("PYTHONUNBUFFERED", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: a file of minutes that is begun last would be waited for by one core alone."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """All that is imported by now stays, so nobody looks for garbage in it: here, and in processes that are forked."""
    gc.collect()
    gc.freeze()
