"""The network that a run came to, and what it needs to know, for programs that use it: evaluate, predict, export."""

import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.handlers import Checkpoint, CheckpointError, read_checkpoint
from scaffold_runtime.handlers.saving.atomic_write import atomic_write
from scaffold_runtime.run import RunFolder

from .config import Config, parse_config
from .loaders import Datasets
from .model import build_model
from .output import writing

DATA = "data.json"  # in the run's folder: what its data said, which the network was built for


@dataclass(frozen=True)
class Trained:
    """A run's best network, in evaluation mode, and what it was trained with.

    Attributes:
        config: the run's configuration.
        network: with the weights that scored best in validation, on this process's device.
        file: the checkpoint that they are from.
        sizes: what the network was built for.
        info: what the data said: names of classes and the like.
    """

    config: Config
    network: nn.Module
    file: Path
    sizes: Mapping[str, int]
    info: Mapping[str, Any]


def remember_data(folder: RunFolder, datasets: Datasets) -> None:
    """Writes what the data say into the run's folder, on rank 0.

    Raises:
        SystemExit: the run has begun with data that said something else, which its network does not fit; or it cannot
            be written.
    """
    fault = ""
    if idist.get_rank() == 0:
        file = folder.path / DATA
        try:
            if file.exists():
                check_data(folder.path, datasets)
            else:
                text = json.dumps({"sizes": dict(datasets.sizes), "info": dict(datasets.info)}, indent=2) + "\n"
                with writing(file):
                    atomic_write(file, lambda opened: opened.write(text.encode()))
        except SystemExit as refused:
            fault = str(refused)
    if fault := idist.broadcast(fault, src=0, safe_mode=True):  # all leave, none waits for the others
        raise SystemExit(fault)


def check_data(path: Path, datasets: Datasets) -> None:
    """Returns if the data say what they said when the run in a folder began.

    Raises:
        SystemExit: they do not: its network would take one class or word for another.
    """
    before = json.loads((path / DATA).read_text())
    now = json.loads(json.dumps({"sizes": dict(datasets.sizes), "info": dict(datasets.info)}))
    names = [(part, name) for part in now for name in {**before[part], **now[part]}]
    told = [f"{part} {name}" for part, name in names if before[part].get(name) != now[part].get(name)]
    if told:
        raise SystemExit(
            f"Error: The data have changed since '{path}' began: {', '.join(told)}.\n"
            "Hint:  Give it the data that it began with, or begin another run."
        )


def load_trained(path: Path) -> Trained:
    """The best network of the run in a folder; the next best if its file is damaged, at last the newest one.

    Raises:
        SystemExit: the folder is no run's, or has no whole checkpoint.
    """
    folder = RunFolder(path)
    if not (folder.config.is_file() and (path / DATA).is_file()):
        raise SystemExit(f"Error: '{path}' is no run's folder.\nHint:  Give one that training wrote, as outputs/RUN.")
    config = parse_config(["--config", str(folder.config)])
    known = json.loads((path / DATA).read_text())
    network = build_model(config.model, **known["sizes"])
    for name, file in _candidates(folder.checkpoints):
        try:
            Checkpoint.load_objects({name: network}, file)
        except (CheckpointError, FileNotFoundError) as error:
            print(f"{error} The next one is tried.", file=sys.stderr)
            continue
        return Trained(config, network.to(idist.device()).eval(), file, known["sizes"], known["info"])
    raise SystemExit(f"Error: '{folder.checkpoints}' has no whole checkpoint.\nHint:  Train first, or longer.")


def _candidates(checkpoints: Path) -> list[tuple[str, Path]]:
    """Checkpoints in the order in which they are to be tried, with what the network is called in them."""
    newest = sorted(checkpoints.glob("last_*.pt"), key=lambda file: int(file.stem.rpartition("_")[2]), reverse=True)
    best: list[str] = []
    for file in newest:
        with contextlib.suppress(CheckpointError):  # damaged: the one before it knows the best ones too
            # Names have scores of four digits only; the state has them whole, the best one last.
            best = [name for _, name in reversed(read_checkpoint(file)["best"]["_saved"])]
            break
    return [("network", checkpoints / name) for name in best] + [("model", file) for file in newest]
