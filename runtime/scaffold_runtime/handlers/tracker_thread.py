"""The thread in which a tracker's client works, so that nobody has to wait for it.

Clients retry for minutes, wait for servers that do not answer, and some hang when they close. What they are asked to do
stands in a queue, and one thread does it, in order: the run waits where it chooses to, and only so long.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

MOST_WAITING = 10_000
"""Calls that wait for the client; those above are dropped, so that a server which is away costs no memory."""

Task = tuple[Callable[..., Any], tuple[Any, ...]]


class TrackerThread:
    """Makes calls one after the other, in the order in which they were asked for.

    A call that fails is lost, and counted; the first is told in a warning. The thread ends with `close`, or with the
    program, which does not wait for it.

    Args:
        name: of the tracker, for messages.

    Example:
        >>> thread = TrackerThread("Notes")
        >>> notes = []
        >>> for number in range(3):
        ...     _ = thread.put(notes.append, number)
        >>> thread.wait(seconds=10), notes
        (True, [0, 1, 2])
        >>> thread.close(seconds=10)
        True
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_late = self._is_closing = False
        self.lost, self.reason = 0, ""

    def put(self, function: Callable[..., Any], *arguments: Any) -> bool:
        """Has the call made when those before it have been, and does not wait for that; whether it stands in line."""
        if self._is_closing:
            return False
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=f"tracker {self._name}", daemon=True)
            self._thread.start()
        if self._tasks.qsize() < MOST_WAITING:
            self._tasks.put((function, arguments))
            return True
        self.lose(f"more than {MOST_WAITING} calls wait for it")
        return False

    def call(self, function: Callable[..., Any], seconds: float, *arguments: Any, **options: Any) -> Any:
        """What the call gives, or raises, when those before it have been made; None if it does not stand in line.

        Raises:
            TimeoutError: that has not come to pass within so many seconds.
        """
        if threading.current_thread() is self._thread:  # a call within a call
            return function(*arguments, **options)
        answer: Future[Any] = Future()

        def make() -> None:
            try:
                answer.set_result(function(*arguments, **options))
            except BaseException as error:
                answer.set_exception(error)

        if not self.put(make):
            return None
        try:
            return answer.result(seconds)
        except TimeoutError:
            if answer.done():  # of the call itself
                raise
            raise TimeoutError(f"{self._name} has not answered for {seconds:g} s.") from None

    def wait(self, seconds: float) -> bool:
        """Whether all that was asked for has been done, at the latest after so many seconds.

        Who had to be left behind once is not waited for again before all of it is done.
        """
        if self._thread is None or self._is_closing:
            return True
        reached = threading.Event()

        def reach() -> None:
            self._is_late = False
            reached.set()

        was_late = self._is_late
        self._is_late = True
        self.put(reach)
        if reached.wait(0 if was_late else seconds):
            return True
        if not was_late:
            self.warn(f"has not answered for {seconds:g} s; what is for it waits, and the run goes on.")
        return False

    def end(self) -> None:
        """Has the thread end when all has been done, and does not wait for that; nothing more is taken."""
        if not self._is_closing:
            self._tasks.put(None)
        self._is_closing = True

    def close(self, seconds: float) -> bool:
        """Ends the thread when all has been done, or leaves it behind after so many seconds; whether it has ended."""
        self.end()
        thread = self._thread
        if thread is None:
            return True
        thread.join(seconds)
        if thread.is_alive():
            self.lose("it has not ended in time", count=self._tasks.qsize())
        return not thread.is_alive()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            function, arguments = task
            try:
                function(*arguments)
            except BaseException as error:  # whatever clients raise, `SystemExit` too
                self.lose(_in_one_line(error))

    def lose(self, reason: str, count: int = 1) -> None:
        """Notes that calls are lost, and why; the first is told in a warning."""
        is_first, self.reason = not self.lost, reason
        self.lost += count
        if is_first:
            self.warn(f"could not be told of everything: {reason}. The run goes on without it.")

    def warn(self, text: str) -> None:
        """Says something of the tracker: `text` goes on after its name."""
        logging.getLogger(__name__).warning("%s %s", self._name, text)


def _in_one_line(error: BaseException) -> str:
    r"""The kind of an error and the beginning of its words.

    Example:
        >>> _in_one_line(OSError("No space left.\nTry another disk."))
        'OSError: No space left'
    """
    words = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {words}"[:200].rstrip(".: ")
