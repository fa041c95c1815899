"""What a wrong launch is told."""


class LaunchError(RuntimeError):
    """The processes of a run cannot be started as asked; the message says why, and what to do.

    Example:
        >>> print(LaunchError("Backend 'nccl' needs a CUDA GPU.", "Choose gloo."))
        Backend 'nccl' needs a CUDA GPU.
        Hint:  Choose gloo.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}\nHint:  {hint}")
