"""The contract that every metric keeps, as a fixture, and the processes in which it is checked."""

from __future__ import annotations

import importlib
import io
import os
import pickle
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.warm_python import Program

from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics import Metric
from scaffold_runtime.metrics.machinery.synchronisation import with_members

Job = tuple[str, Sequence[tuple[Any, ...]]]
"""The name of a function of `process_group.py`, and its arguments, rank by rank."""


class Processes:
    """A gloo group of real processes, started when the first job comes."""

    def __init__(self, world_size: int) -> None:
        self.world_size = world_size
        self._running: list[Program] = []

    def run(self, job: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The results of a function of `process_group.py`, rank by rank."""
        return self.run_all([(job, arguments)])[0]

    def run_all(self, jobs: Sequence[Job]) -> list[list[Any]]:
        """The results of several functions, one after the other: waiting for processes takes longer than most jobs."""
        self._running = self._running or self._start()
        for rank, process in enumerate(self._running):
            pickle.dump([(name, arguments[rank]) for name, arguments in jobs], process.stdin)
            process.stdin.flush()
        answers = [pickle.load(process.stdout) for process in self._running]
        for succeeded, answer in answers:
            assert succeeded, answer
        return [list(of_ranks) for of_ranks in zip(*(answer for _, answer in answers), strict=True)]

    def stop(self) -> None:
        """Ends the processes, and sees that they end well."""
        for process in self._running:
            process.stdin.close()
        for process in self._running:
            assert process.wait(timeout=30) == 0
            process.stdout.close()

    def _start(self) -> list[Program]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        return [self._start_one(rank, port) for rank in range(self.world_size)]

    def _start_one(self, rank: int, port: int) -> Program:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        environment = {
            "PYTHONPATH": path,
            "OMP_NUM_THREADS": "1",
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(self.world_size),
            "LOCAL_WORLD_SIZE": str(self.world_size),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
        words = [str(Path(__file__).with_name("process_group.py"))]
        return Program(words, os.environ | environment, stderr="inherited", binary=True)


@pytest.fixture(scope="session")
def two_processes() -> Iterator[Processes]:
    """A group of two."""
    processes = Processes(2)
    yield processes
    processes.stop()


@pytest.fixture(scope="session")
def three_processes() -> Iterator[Processes]:
    """A group of three."""
    processes = Processes(3)
    yield processes
    processes.stop()


class Contract:
    """What must hold for every metric, given how to make it, batches, and the value known from elsewhere."""

    def __init__(self, groups: Sequence[Processes]) -> None:
        self._groups = groups

    def __call__(
        self,
        make: Callable[[], Metric],
        batches: Sequence[Any],
        expected: Any,
        *,
        atol: float = 1e-6,
        rtol: float = 1e-5,
        on_meta: bool = True,
    ) -> None:
        """Checks one metric.

        Args:
            make: a new metric; picklable.
            batches: outputs for `update`, at least three.
            expected: the value over all batches.
            atol: allowed absolute difference.
            rtol: allowed relative difference.
            on_meta: whether `update` takes tensors only, so that it can run where no value can be read.
        """
        assert len(batches) >= 3, "shards of unequal length need three batches"
        same = _Same(expected, atol, rtol)
        self._alone(make, batches, same)
        _survives_pickle_and_state(make, batches, same)
        if on_meta:
            _never_reads(make, batches)
        _over_processes(*self._groups, make, batches, same)

    @staticmethod
    def _alone(make: Callable[[], Metric], batches: Sequence[Any], same: _Same) -> None:
        metric, copies = make(), pickle.loads(pickle.dumps(batches))
        for batch in batches:
            metric.update(batch)
        same(metric.compute(), "its value")
        same(metric.compute(), "its value, computed twice")
        _Same(copies, 0.0, 0.0)(batches, "the batches that it was given")
        metric.reset()
        with pytest.raises(NotComputableError):
            metric.compute()
        for batch in _on(batches, requires_grad=True):
            metric.update(batch)
        same(metric.compute(), "its value, from batches with a graph")
        states = metric.state_values().values()
        assert not any(isinstance(state, torch.Tensor) and state.requires_grad for state in states), "a graph is kept"


class _Same:
    """Compares with the expected value, names of a mapping included; says what it is that differs."""

    def __init__(self, expected: Any, atol: float, rtol: float) -> None:
        self._expected, self._atol, self._rtol = expected, atol, rtol

    def __call__(self, value: Any, what: str) -> None:
        self._compare(value, self._expected, what)

    def _compare(self, value: Any, expected: Any, what: str) -> None:
        if isinstance(expected, Mapping):
            assert list(value) == list(expected), f"{what}: keys {list(value)}"
            for key in expected:
                self._compare(value[key], expected[key], f"{what}, {key!r}")
        elif isinstance(expected, (tuple, list)):
            assert len(value) == len(expected), f"{what}: length {len(value)}"
            for index, part in enumerate(expected):
                self._compare(value[index], part, f"{what}, part {index}")
        elif isinstance(expected, str):
            assert value == expected, f"{what}: {value!r}"
        else:
            # Of a Python float `as_tensor` alone would keep seven digits.
            actual, wanted = (torch.as_tensor(each, dtype=torch.float64) for each in (value, expected))
            torch.testing.assert_close(
                actual, wanted, atol=self._atol, rtol=self._rtol, equal_nan=True, msg=lambda m: f"{what}: {m}"
            )


def _survives_pickle_and_state(make: Callable[[], Metric], batches: Sequence[Any], same: _Same) -> None:
    half = len(batches) // 2
    metric = make()
    for batch in batches[:half]:
        metric.update(batch)
    pickled, saved, loaded = pickle.loads(pickle.dumps(metric)), io.BytesIO(), make()
    torch.save(metric.state_dict(), saved)
    saved.seek(0)
    loaded.load_state_dict(torch.load(saved, weights_only=True))
    for batch in batches[half:]:
        metric.update(batch)
        pickled.update(batch)
        loaded.update(batch)
    same(pickled.compute(), "its value after pickling")
    same(loaded.compute(), "its value after saving and loading")
    same(metric.compute(), "its value after being saved")


def _never_reads(make: Callable[[], Metric], batches: Sequence[Any]) -> None:
    """A tensor on the meta device has no value: `update` works there only if it reads none."""
    metric = make()
    for batch in _on(batches, device="meta"):
        metric.update(batch)
    for leaf in with_members([metric]):
        for name, state in leaf.state_values().items():
            tensors = state if isinstance(state, list) else [state]
            assert all(part.device.type == "meta" for part in tensors if isinstance(part, torch.Tensor)), name


def _over_processes(
    two: Processes, three: Processes, make: Callable[[], Metric], batches: Sequence[Any], same: _Same
) -> None:
    """Unequal and empty shards, and states that fewer processes saved than take them up."""
    first, rest, second = list(batches[:1]), list(batches[1:]), list(batches[1:2])
    saving: list[Job] = [("save", [(make(), first), (make(), rest)]), ("save", [(make(), first), (make(), second)])]
    *values, (whole, _), (half, _) = two.run_all([*_computing(2, make, batches), *saving])
    taking_up: list[Job] = [
        ("resume", [(make(), whole)] * 3),
        ("resume", [(make(), half, ()), (make(), half, list(batches[2:])), (make(), half, ())]),
    ]
    *more_values, resumed, gone_on = three.run_all([*_computing(3, make, batches), *taking_up])
    for world, of_shards in ((2, values), (3, more_values)):
        for what, of_ranks in zip(_SHARDS, of_shards, strict=True):
            for value in of_ranks:
                same(value, f"its value over {world} processes with {what}")
    for value in resumed:
        same(value, "its value, saved by two processes and loaded by three")
    for value in gone_on:
        same(value, "its value, saved by two processes, loaded by three, and updated by one of them")
    alone = make()
    alone.load_state_dict(whole)
    same(alone.compute(), "its value, saved by two processes and loaded by one")


_SHARDS = ("unequal shards", "an empty first shard", "an empty last shard")


def _computing(world: int, make: Callable[[], Metric], batches: Sequence[Any]) -> list[Job]:
    nothing: list[list[Any]] = [[] for _ in range(world - 1)]
    shards = (
        [list(batches[rank::world]) for rank in range(world)],
        [*nothing, list(batches)],
        [list(batches), *nothing],
    )
    return [("compute", [(make(), own) for own in shard]) for shard in shards]


def _on(value: Any, *, device: str = "cpu", requires_grad: bool = False) -> Any:
    """The same nest of tensors on another device, or as the outputs of a graph."""
    if isinstance(value, torch.Tensor):
        moved = value.detach().to(device)
        return moved.requires_grad_() if requires_grad and moved.is_floating_point() else moved
    if isinstance(value, Mapping):
        return {key: _on(part, device=device, requires_grad=requires_grad) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_on(part, device=device, requires_grad=requires_grad) for part in value)
    return value


@pytest.fixture
def contract(two_processes: Processes, three_processes: Processes) -> Contract:
    """Checks what must hold for every metric: `contract(make, batches, expected)`."""
    return Contract((two_processes, three_processes))


@pytest.fixture
def draw() -> torch.Generator:
    """A seeded generator of random numbers."""
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def written_for_ignite() -> Any:
    """The module of a metric written for Ignite, under the name by which the processes know it."""
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        yield importlib.import_module("written_for_ignite")
    finally:
        sys.path.remove(str(Path(__file__).parent))
