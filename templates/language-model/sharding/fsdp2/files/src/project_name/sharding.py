"""The network in parts: each process keeps some of each parameter (FSDP2), and writes that (DCP).

For networks of which one process cannot hold the weights, the gradients and the optimizer's state. In one process
nothing is in parts.
"""

import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from torch import nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemReader
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save
from torch.optim import Optimizer

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import CheckpointError

from .model import Block

KEPT = 3  # the two newest checkpoints' parts, and those of the one that is being written


def shard(model: nn.Module) -> nn.Module:
    """Shares the network's parameters out to the processes; each block is whole only while it computes."""
    return idist.shard_model(model, wrap=[Block])


class ShardedState:
    """A network and its optimizer, whose parts are in a folder of their own beside the checkpoint's file.

    Each process writes its parts, at the same time as the others, and nobody has to hold them all. A run may go on
    with another number of processes. The file is written after the parts: what it names is whole.

    Args:
        folder: for the folders of parts.
        trainer: whose iteration is in their names.
        model: the network.
        optimizer: its optimizer.
    """

    def __init__(self, folder: Path, trainer: Engine[Any, Any], model: nn.Module, optimizer: Optimizer) -> None:
        self.folder, self.trainer, self.model, self.optimizer = folder, trainer, model, optimizer

    def state_dict(self) -> dict[str, Any]:
        """Writes the parts, on all processes; returns where they are."""
        name = idist.broadcast(self._free_name() if idist.get_rank() == 0 else "", safe_mode=True)
        alone = idist.get_world_size() == 1
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # that one process is alone
            save(self._state(), checkpoint_id=self.folder / name, no_dist=alone)
        if idist.get_rank() == 0:
            for old in sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
                shutil.rmtree(old)
        return {"parts": name}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Reads this process's parts.

        Raises:
            CheckpointError: they are gone, or those of another network.
        """
        state = self._state()
        read_parts(self.folder / state_dict["parts"], state, alone=idist.get_world_size() == 1)
        set_state_dict(self.model, self.optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])

    def _state(self) -> dict[str, Any]:
        model, optimizer = get_state_dict(self.model, self.optimizer)
        return {"model": model, "optimizer": optimizer}

    def _free_name(self) -> str:
        """Of the iteration; another one if that is taken, for what a checkpoint names is never written over."""
        self.folder.mkdir(exist_ok=True)
        name, number = f"iteration_{self.trainer.state.iteration}", 1
        while (self.folder / name).exists():
            number += 1
            name = f"iteration_{self.trainer.state.iteration}_{number}"
        return name


class WholeNetwork:
    """A network that is in one piece, of which a checkpoint has parts: for programs that use what was trained.

    Args:
        folder: of the parts' folders.
        network: gets all of them.
    """

    def __init__(self, folder: Path, network: nn.Module) -> None:
        self.folder, self.network = folder, network

    def state_dict(self) -> dict[str, Any]:
        """The whole state."""
        return self.network.state_dict()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Reads all parts, in each process by itself.

        Raises:
            CheckpointError: they are gone, or those of another network.
        """
        read_parts(self.folder / state_dict["parts"], {"model": self.state_dict()}, alone=True)


def read_parts(path: Path, state: Mapping[str, Any], *, alone: bool) -> None:
    """Reads into the tensors of a state what this process has of each.

    Args:
        path: the folder of the parts.
        state: `model`, the network's, and whatever else was saved beside it.
        alone: whether the other processes are left out of it.

    Raises:
        CheckpointError: they are gone, or those of another network.
    """
    try:
        known = FileSystemReader(path).read_metadata().state_dict_metadata
    except (OSError, EOFError, UnpicklingError) as error:
        raise CheckpointError(f"The parts '{path}' cannot be read: {error}.") from None
    for name, value in state["model"].items():
        size = getattr(known.get(f"model.{name}"), "size", None)
        if size != value.shape:
            shape = None if size is None else tuple(size)
            raise CheckpointError(f"'{path}' is of another network: {name} is {shape}, not {tuple(value.shape)}.")
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # that one process is alone
            load(dict(state), checkpoint_id=path, no_dist=alone)
    except CheckpointException as error:  # of the processes that could not read theirs
        raise CheckpointError(f"The parts '{path}' cannot be read: {error}.") from None
