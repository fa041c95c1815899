"""The largest batch that fits into memory."""

import gc
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch

from .. import distributed as idist
from ..engine.engine import Engine
from .search.trial import as_if_never_run


class BatchSizeFinder:
    """Trains on batches that double until one does not fit, and then looks between: the largest size that does.

    Afterwards all is as if there had been no training: what is in `to_save`, the trainer's place and random numbers.

    Runs on:   no event: `run` is called before the training.
    Changes:   nothing.
    Saves:     nothing.
    Processes: one process looks, for all: if one of several ran out of memory, the others would wait for it.

    Args:
        trainer: whose steps are tried.
        to_save: what they change, by name: model, optimizer...
        num_iterations: steps to try of each size; the second one has the optimizer's state in memory.

    Example:
        >>> def step(engine, batch):
        ...     if len(batch) > 100:
        ...         raise torch.OutOfMemoryError("out of memory")
        >>> finder = BatchSizeFinder(Engine(step), {})
        >>> finder.run(lambda size: [torch.zeros(size)] * 2)
        100
    """

    def __init__(self, trainer: Engine[Any, Any], to_save: Mapping[str, Any], *, num_iterations: int = 2) -> None:
        self.trainer, self.to_save, self.num_iterations = trainer, to_save, num_iterations

    def run(self, data_of: Callable[[int], Iterable[Any]], *, start: int = 1, limit: int = 65536) -> int:
        """The largest size that fits.

        Args:
            data_of: gives data in batches of a size: `lambda size: DataLoader(samples, batch_size=size)`.
            start: the size to begin with.
            limit: no larger one is tried.

        Raises:
            RuntimeError: there are several processes.
            ValueError: the first size does not fit, or the sizes are none.
        """
        if idist.get_world_size() > 1:
            raise RuntimeError(
                "The largest batch is looked for in one process; the others would wait for one that fails."
            )
        if not 1 <= start <= limit:
            raise ValueError(
                f"Sizes of batches should be at least 1 and `start` at most `limit`, got {start} and {limit}."
            )
        fits, fails, size = start - 1, limit + 1, start
        while fits + 1 < fails:
            if self._fits(data_of, size):
                fits = size
            else:
                fails = size
            size = min(2 * size, limit) if fails > limit else (fits + fails) // 2
        if fits < start:
            raise ValueError(f"A batch of {start} does not fit into memory.")
        return fits

    def _fits(self, data_of: Callable[[int], Iterable[Any]], size: int) -> bool:
        with as_if_never_run(self.trainer, self.to_save):
            fits = self._try(data_of(size))
        gc.collect()  # the failed step's traceback holds its tensors
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        logging.getLogger(__name__).info("A batch of %d %s.", size, "fits" if fits else "does not fit")
        return fits

    def _try(self, data: Iterable[Any]) -> bool:
        state = self.trainer.state
        state.max_epochs = state.max_iters = None
        try:
            self.trainer.run(data, max_iters=state.iteration + self.num_iterations)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return False
        return True


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory has run out, the device's or the host's."""
    words = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(word in str(error).lower() for word in words)
