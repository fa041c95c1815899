"""XLA devices through torch_xla's PJRT runtime: TPUs, and the CPU as an XLA device for trying things out.

A process of its own for each device, or (SPMD) one process for all devices of the machine: then there is
one rank, tensors look whole, and the loader shards batches over the devices.
"""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from typing import Any, cast

from torch import Tensor, nn
from torch.utils.data import DataLoader

from ...exceptions import LaunchError
from .base import ComputationModel, OptimizerT, Program, T_co, replicas
from .gradient_averaging import GradientAveraging, parameters_of
from .xla_loader import XlaLoader


def torch_xla(module: str = "") -> Any:
    """torch_xla, or a module of it; its types are not published."""
    return importlib.import_module(f"torch_xla{module}")


class XlaModel(ComputationModel):
    """This process among those of the PJRT runtime.

    Attributes:
        mesh: of all devices, under SPMD; None where each process has one device.
    """

    name = "xla-dist"
    backends = ("xla-tpu",)

    def __init__(self, *, mesh: Any = None, **identity: Any) -> None:
        super().__init__(**identity)
        self.mesh = mesh

    @classmethod
    def check(cls, backend: str) -> None:
        """Refuses a machine without torch_xla.

        Raises:
            LaunchError: with what to install.
        """
        if find_spec("torch_xla") is None:
            raise LaunchError(
                f"Backend '{backend}' needs the package torch_xla, which is not installed.",
                "pip install torch==2.9.* torch_xla==2.9.* (the two releases go together).",
            )

    @classmethod
    def start(cls, backend: str, *, spmd: bool | None = None, **unused: Any) -> XlaModel:
        """Takes the XLA device of this process, or all of the machine.

        Args:
            backend: its name.
            spmd: drive all devices; by default if no launcher has given this process one of several.
            **unused: what other backends need to meet; the runtime knows it.

        Raises:
            LaunchError: torch_xla is not installed, or several machines would drive their devices together.
        """
        cls.check(backend)
        runtime = torch_xla(".runtime")
        if _wants_spmd() if spmd is None else spmd:
            return cls._start_spmd(backend, runtime)
        rank, world_size, nproc_per_node = runtime.global_ordinal(), runtime.world_size(), runtime.local_process_count()
        return cls(
            backend=backend,
            rank=rank,
            local_rank=runtime.local_ordinal(),
            world_size=world_size,
            nproc_per_node=nproc_per_node,
            nnodes=-(-world_size // nproc_per_node),
            node_rank=rank // nproc_per_node,
            device=torch_xla().device(),
        )

    @classmethod
    def _start_spmd(cls, backend: str, runtime: Any) -> XlaModel:
        if not runtime.is_spmd():
            runtime.use_spmd()
        if runtime.process_count() > 1:
            raise LaunchError(
                f"SPMD drives the devices of one machine, and this run has {runtime.process_count()} machines.",
                "Give each device a process: `nproc_per_node`.",
            )
        num_devices = runtime.global_runtime_device_count()
        spmd = torch_xla(".distributed.spmd")
        mesh = spmd.Mesh(list(range(num_devices)), (num_devices,), ("data",))
        return cls(backend=backend, device=torch_xla().device(), mesh=mesh)

    @classmethod
    def spawn(cls, backend: str, program: Program, nproc_per_node: int, **options: Any) -> None:
        """Starts a process for each device of the machine; on the CPU this is the process.

        Args:
            backend: its name.
            program: what they run.
            nproc_per_node: for the CPU, where it is 1.
            **options: of `torch_xla.launch`.

        Raises:
            LaunchError: several processes on the CPU.
        """
        if os.environ.get("PJRT_DEVICE") == "CPU":
            if nproc_per_node > 1:
                raise LaunchError(
                    f"XLA on the CPU is one process, and `nproc_per_node` is {nproc_per_node}.",
                    f"Leave it out; with CPU_NUM_DEVICES={nproc_per_node} in the environment, one process shares its "
                    "batches among as many devices.",
                )
            options.setdefault("debug_single_process", True)  # this process: others would be a thread of it
        torch_xla().launch(_run_process, args=(program,), **options)

    def replicate(self, model: nn.Module, **options: Any) -> nn.Module:
        """The same module; options of wrappers have no effect."""
        if self.world_size > 1:
            torch_xla(".core.xla_model").broadcast_master_param(model)
            replicas.add(model)
        return model

    def wrap_optimizer(self, optimizer: OptimizerT, **options: Any) -> OptimizerT:
        """The same optimizer; gradients are averaged at the end of each backward pass, and its step is begun at once.

        What is recorded is one graph up to there. Handlers of the iteration, which may read the loss, find it computed;
        a read before would compile, and compute, a second graph for that one value.
        """
        if self.world_size > 1:
            XlaGradients(optimizer, self)
        optimizer.register_step_post_hook(self._end_step_of)
        return optimizer

    def wrap_loader(self, loader: DataLoader[T_co]) -> DataLoader[T_co]:
        """Sends the batches to the device."""
        return cast("DataLoader[T_co]", XlaLoader(loader, device=self.device, mesh=self.mesh))  # as far as loops go

    def gather_bytes(self, data: Tensor, group: Any) -> Tensor:
        """One collective on the devices: bytes are exact, whatever the device does to numbers."""
        if self.world_size == 1:
            return super().gather_bytes(data, group)
        groups = None if group is None else [list(ranks) for ranks in group]
        rows = torch_xla(".core.xla_model").all_gather(data.to(self.device).unsqueeze(0), groups=groups)
        return rows.to(data.device)

    def broadcast_bytes(self, data: Tensor, src: int) -> Tensor:
        """The bytes of `src`, picked from all."""
        return self.gather_bytes(data, None)[src]

    def barrier(self) -> None:
        """Waits for all processes of the runtime."""
        if self.world_size > 1:
            torch_xla(".core.xla_model").rendezvous("idist.barrier")

    def new_group(self, ranks: tuple[int, ...]) -> Any:
        """XLA wants all groups in each call; those that are not asked for have one member."""
        return (ranks, *((rank,) for rank in range(self.world_size) if rank not in ranks))

    def is_member(self, group: Any) -> bool:
        """Whether this process is in the group, the first of those that XLA is told."""
        return group is None or super().is_member(group[0] if isinstance(group, tuple) else group)

    def _end_step_of(self, *_: object) -> None:
        self.end_step()

    def end_step(self) -> None:
        """Hands the recorded graph to the device; nothing waits for it."""
        torch_xla().sync()

    def rng_state(self) -> int:
        """A number, on XLA devices."""
        return int(torch_xla(".core.xla_model").get_rng_state())

    def set_rng_state(self, state: Any) -> None:
        """Goes back there; a state of another kind of device has nowhere to go."""
        if isinstance(state, int):
            torch_xla(".core.xla_model").set_rng_state(state)


class XlaGradients(GradientAveraging):
    """Recorded as one collective on the device when the backward pass ends: nothing waits for it."""

    def __init__(self, optimizer: Any, model: XlaModel) -> None:
        super().__init__(parameters_of(optimizer), rank=model.rank)
        self._world_size = model.world_size
        self._gradients: list[Tensor | None] = []

    def begin(self, parameter: Tensor) -> None:
        """Remembers the gradient."""
        self._gradients.append(parameter.grad)

    def end(self) -> None:
        """One collective, in place."""
        gradients, self._gradients = self._gradients, []
        torch_xla(".core.xla_model").all_reduce("sum", gradients, scale=1 / self._world_size)


def _run_process(index: int, program: Program) -> None:
    program()


def _wants_spmd() -> bool:
    """A process that no launcher has given one device has all of them; on the CPU there is one by default."""
    if int(os.environ.get("PJRT_LOCAL_PROCESS_COUNT", "1")) > 1:
        return False
    if os.environ.get("PJRT_DEVICE") == "CPU":
        return int(os.environ.get("CPU_NUM_DEVICES", "1")) > 1
    return os.environ.get("PJRT_DEVICE") == "TPU"
