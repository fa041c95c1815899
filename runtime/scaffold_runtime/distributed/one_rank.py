"""Code for one process: alone, or before the others."""

import functools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from . import collectives, context

T = TypeVar("T")
P = ParamSpec("P")


def one_rank_only(rank: int = 0, with_barrier: bool = False) -> Callable[[Callable[P, T]], Callable[P, T | None]]:
    """Decorator: runs the function on one process, and gives None on the others.

    Args:
        rank: the process that runs it.
        with_barrier: the others wait for it.

    Example:
        >>> @one_rank_only()
        ... def hello():
        ...     return "once"
        >>> hello()
        'once'
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T | None]:
        @functools.wraps(function)
        def on_one_rank(*args: P.args, **kwargs: P.kwargs) -> T | None:
            result = function(*args, **kwargs) if context.get_rank() == rank else None
            if with_barrier:
                collectives.barrier()
            return result

        return on_one_rank

    return decorate


@contextmanager
def one_rank_first(rank: int = 0, local: bool = False) -> Generator[None, None, None]:
    """Runs the block on one process, then on the others: who downloads, who finds it downloaded.

    Args:
        rank: the process that goes first.
        local: one process of each machine goes first.

    Raises:
        ValueError: there is no such process.

    Example:
        >>> with one_rank_first():
        ...     print("downloads, then finds")
        downloads, then finds
    """
    mine = context.get_local_rank() if local else context.get_rank()
    size = context.model.nproc_per_node if local else context.get_world_size()
    if not 0 <= rank < size:
        raise ValueError(f"`rank` should be between 0 and {size - 1}, got {rank}.")
    if mine != rank:
        collectives.barrier()
    yield
    if mine == rank:
        collectives.barrier()
