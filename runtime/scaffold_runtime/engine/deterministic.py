"""An engine whose data, augmentation and random numbers follow from one seed, wherever the run starts."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

import torch

from .batch_source import BatchSource
from .engine import BatchT, Engine, OutputT
from .events import Events
from .random_state import kept_random_state, random_state, use_deterministic_algorithms
from .reproducible_batch_sampler import ReproducibleBatchSampler as ReproducibleBatchSampler
from .reproducible_batch_sampler import update_dataloader as update_dataloader
from .seeded_batch_source import SeededBatchSource

ParamsT = ParamSpec("ParamsT")
ResultT = TypeVar("ResultT")


class DeterministicEngine(Engine[BatchT, OutputT]):
    """Makes the same steps on the same data whenever it starts with the same seed, resumed or not.

    Each pass over the data seeds torch, Python and numpy with `state.seed` plus the number of the pass; each
    sample that a `DataLoader` reads by index has random numbers of its own, so augmentation depends neither on
    workers nor on where the pass began. A saved state holds the seed and the generators' states. The
    user's loader is never changed. On GPUs, algorithms are those that give the same bits each time.

    Args:
        process_function: does one step, as for `Engine`.

    Example:
        >>> def batches_of(seed):
        ...     seen = []
        ...     engine = DeterministicEngine(lambda engine, batch: seen.append(batch.item()))
        ...     engine.state.seed = seed
        ...     _ = engine.run(torch.utils.data.DataLoader(range(9), shuffle=True))
        ...     return seen
        >>> batches_of(seed=3) == batches_of(seed=3), batches_of(seed=3) == batches_of(seed=4)
        (True, False)
    """

    def __init__(self, process_function: Callable[[Engine[BatchT, OutputT], BatchT], OutputT]) -> None:
        self._random_state: dict[str, Any] | None = None
        super().__init__(process_function)
        self.add_event_handler(Events.STARTED, use_deterministic_algorithms)

    def state_dict(self) -> dict[str, Any]:
        """The position with the seed and the states of the CPU's generators."""
        return super().state_dict() | {"seed": self.state.seed, "rng_states": random_state()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """See `Engine.load_state_dict`; without a saved seed, the one in `state.seed` holds."""
        super().load_state_dict(state_dict)
        self.state.seed = state_dict.get("seed", self.state.seed)
        states = state_dict.get("rng_states")
        self._random_state = states if isinstance(states, dict) else None  # PyTorch-Ignite's is of another form

    def _new_source(self, data: Iterable[BatchT] | None, position: dict[str, Any] | None = None) -> BatchSource:
        if self.state.seed is None:
            self.state.seed = int(torch.randint(0, 10**9, (1,)).item())
        state = random_state() if self._loop.loaded is None else self._random_state
        return SeededBatchSource(data, position, seed=self.state.seed, state=state)


def keep_random_state(func: Callable[ParamsT, ResultT]) -> Callable[ParamsT, ResultT]:
    """Makes a function, for instance a handler, leave no trace in the random state."""

    @functools.wraps(func)
    def wrapper(*args: ParamsT.args, **kwargs: ParamsT.kwargs) -> ResultT:
        with kept_random_state():
            return func(*args, **kwargs)

    return wrapper
