"""Saves a large state beside the main thread and ends. Usage: save_and_exit.py FOLDER."""

import sys

import torch

from scaffold_runtime.handlers.async_disk_saver import AsyncDiskSaver

if __name__ == "__main__":
    AsyncDiskSaver(sys.argv[1])({"value": torch.ones(5_000_000)}, "a.pt")
