"""Errors that the runtime's parts have in common.

```
RuntimeError
├── NotComputableError  a metric has nothing to compute from
├── LaunchError         the processes cannot be started as asked
└── CollectiveError     a collective was begun, and not every process came
```
"""


class NotComputableError(RuntimeError):
    """A metric has seen nothing from which its value could be computed."""


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
