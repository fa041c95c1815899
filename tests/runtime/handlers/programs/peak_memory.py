"""Saves 64 MiB five times beside the training; prints by how many MiB the memory rose at most. Usage: ... FOLDER."""

import re
import sys
from pathlib import Path

import torch

from scaffold_runtime.handlers.async_disk_saver import AsyncDiskSaver


def memory_mib(kind: str) -> int:
    """What Linux says of this process: VmRSS is the memory it has, VmHWM the most it has had."""
    found = re.search(rf"{kind}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1024


def main(folder: str) -> None:
    """Saves, the first time something small, so that all code is loaded."""
    saver = AsyncDiskSaver(folder)
    saver({"value": torch.zeros(10)}, "small.pt")
    saver.wait()
    model = torch.ones(16, 1024, 1024)
    before = memory_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # from now on VmHWM is the most since here
    for _ in range(5):
        saver({"model": model}, "large.pt")
    saver.wait()
    print(memory_mib("VmHWM") - before)


if __name__ == "__main__":
    main(sys.argv[1])
