"""Control flow that processes share: decisions of one that all follow, such as to stop, and code for one of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from . import collectives, context
from .collective_watchdog import waiting

T = TypeVar("T")
P = ParamSpec("P")


def any_rank(flag: bool) -> bool:
    """Whether one process at least says yes; a collective that waits for all.

    Example:
        >>> any_rank(True)
        True
    """
    model = context.current()
    if model.world_size == 1:
        return flag
    with waiting("any_rank", model.rank):
        return model.begin_any(flag)()


class Agreement:
    """The same yes on all processes at the same iteration, once one of them has said it; nobody waits.

    Every `every` iterations the question goes out in the background, and its answer is read `every` iterations
    later, when it has long been there. So a yes takes effect after `every` to twice as many iterations.
    All processes ask at the same iterations. One process alone has its own answer at once.

    Args:
        every: iterations between questions.

    Example:
        >>> agreement = Agreement(every=2)
        >>> [agreement.reached(iteration, flag=iteration == 1) for iteration in (1, 2, 3, 4)]
        [True, True, True, True]
    """

    def __init__(self, every: int = 10) -> None:
        self.every = every
        self._flag = False
        self._answer: Callable[[], bool] | None = None

    def reached(self, iteration: int, flag: bool) -> bool:
        """Says this process's opinion after an iteration, and returns what all have agreed on.

        Args:
            iteration: the same on all processes.
            flag: yes stays yes.
        """
        self._flag = self._flag or flag
        model = context.current()
        if model.world_size == 1:
            return self._flag
        if iteration % self.every:
            return False
        agreed = self.settle()
        if not agreed:
            self._answer = model.begin_any(self._flag)
        return agreed

    def settle(self) -> bool:
        """Waits for the question that is under way, if any; called by all processes, for instance at the end."""
        answer, self._answer = self._answer, None
        if answer is None:
            return False
        with waiting("Agreement", context.get_rank()):
            return answer()


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
    size = context.get_nproc_per_node() if local else context.get_world_size()
    if not 0 <= rank < size:
        raise ValueError(f"`rank` should be between 0 and {size - 1}, got {rank}.")
    if mine != rank:
        collectives.barrier()
    yield
    if mine == rank:
        collectives.barrier()
