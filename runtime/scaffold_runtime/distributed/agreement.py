"""Decisions of one process that all must follow, such as to stop."""

from collections.abc import Callable

from . import context
from .collective_watchdog import waiting


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
