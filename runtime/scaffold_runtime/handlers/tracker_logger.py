"""What loggers of trackers have in common: a client in a thread of its own, and a run that goes on after a resume.

A tracker never stops, slows or hangs a run. A module per tracker says in a few lines how its client starts, writes and
ends; the rest is here.
"""

from __future__ import annotations

import os
import threading
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from .. import distributed as idist
from .base_logger import BaseLogger
from .tracker_handlers import OptimizerParamsHandler, OutputHandler
from .tracker_record import TrackerRecord
from .tracker_thread import TrackerThread

CALL_SECONDS = 60.0
"""How long a call of the client's own waits for what the client has to do before, and for its answer."""

CLOSE_SECONDS = 20.0

_importing = threading.Lock()
"""Several clients at once: threads that import each other's modules in another order would find them half made."""

ASKED_OF_ALL_HANDLERS = ("state_dict", "load_state_dict")
"""By `run_state`: the id is in a file, and the client is not to start because of the question."""


class TrackerLogger(BaseLogger):
    """Writes what its handlers collect to a tracker, by its client.

    The client is imported and started when the first value comes, in a thread that nobody waits for but `flush` and
    `close`, and these only so long. What fails is lost, with one warning; `lost` counts it. Calls that are not the
    logger's own go to the client, in that thread: they give what it gives, or None where it could not be started.

    Runs on:   the events that its handlers are attached to.
    Changes:   what the tracker keeps; `id_file`.
    Saves:     in `id_file` which run of the tracker it is, the last epoch that this has safely, and the points that it
        may not have yet: `write_epochs` and `write_points` of a later start tell them once more.
    Processes: rank 0 writes; on others every call does nothing.

    Args:
        id_file: so that a resumed run goes on in the same run of the tracker. None begins another one each time.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker: ClassVar[str]
    """Its name, for people."""
    module: ClassVar[str]
    """What the client is imported as."""
    package: ClassVar[str]
    """What it is installed as."""
    environment: Mapping[str, str] = {}
    """Variables that the client reads when it is imported, unless they are set."""

    def __init__(self, *, id_file: str | Path | None = None) -> None:
        self._record = TrackerRecord(None if id_file is None else Path(id_file))
        self._library: Any = None
        self._client: Any = None
        self._is_asked = self._is_closed = False
        self._thread = TrackerThread(self.tracker)
        if find_spec(self.module) is None:  # a clear error now, not at the first value
            raise ModuleNotFoundError(
                f"`{type(self).__name__}` needs the package `{self.package}`, which is not installed: "
                f"`pip install {self.package}`."
            )

    # What a tracker says of itself. All of it is called in the thread.

    @abstractmethod
    def _start(self, run_id: str | None) -> Any:
        """Begins a run, or goes on with the one of this id; gives what calls of the client's own are made on."""

    @abstractmethod
    def _run_id(self) -> str:
        """The id of the run, for `_start`."""

    @abstractmethod
    def _write(self, values: Mapping[str, Any], step: int) -> None:
        """Writes numbers by name."""

    @abstractmethod
    def _end(self, status: str) -> None:
        """Ends the run as "finished", "failed" or "killed"."""

    def _write_config(self, config: Mapping[str, Any]) -> None:
        """Writes what the run was started with, by names such as `model.width`."""

    def _write_file(self, path: Path) -> None:
        """Keeps a file with the run."""

    def _write_histogram(self, name: str, values: Any, step: int) -> None:
        """Writes the distribution of the values of an array."""

    def _flush(self) -> bool:
        """Writes what the client holds back; whether a kill -9 cannot take it away any more."""
        return True

    # What programs call.

    @property
    def client(self) -> Any:
        """What calls of the client's own are made on; None where it could not be started."""
        if not self._is_asked:
            self._put(lambda: None)
        if self._client is None:
            self._thread.wait(CALL_SECONDS)
        return self._client

    @property
    def lost(self) -> str:
        """How many calls were lost, and why the last one was; empty if none was."""
        count = self._thread.lost
        return f"{count} call{'s' * (count != 1)} lost, {self._thread.reason}" if count else ""

    def write(self, values: Mapping[str, Any], step: int) -> None:
        """Writes numbers by name."""
        if idist.get_rank() == 0 and not self._is_closed:
            self._record.add(values, step)
            self._put(self._write, values, step)

    def write_epoch(self, values: Mapping[str, Any], epoch: int) -> None:
        """Writes numbers that the run keeps itself, and tells once more by `write_epochs`."""
        self._put(self._write, values, epoch)

    def write_epochs(self, epochs: Mapping[int, Mapping[str, Any]]) -> None:
        """Writes what a resumed run knows of its epochs, and the tracker may have lost: those that are not kept."""
        rows = [(values, epoch) for epoch, values in epochs.items() if epoch > self._record.epochs]
        if rows:
            self._put(lambda: [self._write(*row) for row in rows])

    def write_points(self, until: int) -> None:
        """Writes what an earlier start has told of, up to this step, and the tracker may have lost."""
        for point in self._record.unconfirmed(until):
            self._put(self._write, *point)

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Writes what the run was started with: values by names such as `model.width`."""
        self._put(self._write_config, config)

    def write_file(self, path: str | Path) -> None:
        """Keeps a file with the run, where the tracker can."""
        self._put(self._write_file, Path(path))

    def write_histogram(self, name: str, values: Any, step: int) -> None:
        """Writes the distribution of an array's values, where the tracker can."""
        self._put(self._write_histogram, name, values, step)

    def keep(self, epoch: int) -> None:
        """Notes that all before this epoch's end has been written, once it has."""
        self._put(self._keep, epoch, self._record.told)

    def save_points(self) -> None:
        """Writes the points that the tracker may not have to `id_file`; a run asks for it before it saves itself."""
        if idist.get_rank() == 0:
            self._record.save()

    def flush(self, seconds: float = CALL_SECONDS) -> bool:
        """Waits until all is written, so many seconds at most; whether it is."""
        self._put(self._flush)
        return self._thread.wait(seconds)

    def close(self, status: str = "finished") -> None:
        """Writes what is left and ends the run, within a time limit.

        Args:
            status: of the run: "finished", "failed" or "killed".
        """
        self.end(status)
        self.join(CLOSE_SECONDS)

    def end(self, status: str = "finished") -> None:
        """Asks the client to end the run when it has written what is left; several can do so beside each other."""
        if not self._is_closed and self._is_asked:
            self._put(self._finish, status, self._record.told)
        self._is_closed = True
        self._thread.end()  # else one that is joined when the time is up would be late, though it has done all

    def join(self, seconds: float) -> bool:
        """Waits until the client has ended the run, so many seconds at most; whether it has."""
        return self._thread.close(seconds)

    def __exit__(self, *exception: object) -> None:
        self.close("finished" if exception[0] is None else "failed")

    def __getattr__(self, name: str) -> Any:
        """What the logger has not, the client has: `logger.log_artifact(...)`."""
        if name.startswith("_") or name in ASKED_OF_ALL_HANDLERS:  # `copy` and `pickle` look before there is a client
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        client = self.client if idist.get_rank() == 0 else None
        if client is None:
            return _do_nothing
        found = getattr(client, name)
        if not callable(found):
            return found
        return partial(self._thread.call, found, CALL_SECONDS)

    def _put(self, function: Callable[..., Any], *arguments: Any) -> None:
        if idist.get_rank() == 0 and not self._is_closed:
            if not self._is_asked:
                self._is_asked = True
                self._thread.put(self._begin)
            self._thread.put(self._if_begun, function, arguments)

    def _if_begun(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        if self._client is None:
            self._thread.lost += 1
        else:
            function(*arguments)

    def _begin(self) -> None:
        """The first call in the thread."""
        for name, value in self.environment.items():
            os.environ.setdefault(name, value)
        with _importing:
            self._library = import_module(self.module)
        self._client = self._start(self._record.run)
        self._record.save(run=self._run_id())

    def _keep(self, epoch: int, told: int) -> None:
        if self._flush():
            self._record.confirm(told, epoch)

    def _finish(self, status: str, told: int) -> None:
        self._end(status)
        self._record.confirm(told)

    def _create_output_handler(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return OutputHandler(*args, **kwargs)

    def _create_opt_params_handler(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return OptimizerParamsHandler(*args, **kwargs)


def _do_nothing(*arguments: Any, **options: Any) -> None:
    """A call on a rank that does not write, or of a client that could not be started."""
