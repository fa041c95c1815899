"""What can go wrong between processes, said in two sentences: what happened, what to do.

```
RuntimeError
├── LaunchError      the processes cannot be started as asked
└── CollectiveError  a collective was begun, and not every process came
```
"""

from __future__ import annotations


class LaunchError(RuntimeError, ValueError):
    """The processes of a run cannot be started as asked; the message says why, and what to do.

    Also a `ValueError`, which programs written for Ignite expect of an unknown backend.

    Example:
        >>> print(LaunchError("Backend 'nccl' needs a CUDA GPU.", "Choose gloo."))
        Backend 'nccl' needs a CUDA GPU.
        Hint:  Choose gloo.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)

    def __str__(self) -> str:
        message, hint = self.args
        return f"{message}\nHint:  {hint}"


class CollectiveError(RuntimeError):
    """A collective did not complete; the message names the call, the rank and the line."""

    @classmethod
    def timed_out(cls, name: str, rank: int, place: str) -> CollectiveError:
        """Nobody answered in time."""
        return cls(
            f"Rank {rank} waited in `{name}`, called at {place}, until the timeout: not every process called it.\n"
            "Hint:  Is there a collective behind a condition that differs between ranks, such as "
            "`if idist.get_rank() == 0`?"
        )

    @classmethod
    def left_alone(cls, name: str, rank: int, place: str) -> CollectiveError:
        """The other side has gone."""
        return cls(
            f"Rank {rank} was in `{name}`, called at {place}, when another process ended.\n"
            "Hint:  Its traceback, above, says why; if it has none, it came to its end without this call."
        )
