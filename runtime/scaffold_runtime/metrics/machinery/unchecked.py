"""`check_compute_fn`, which Ignite's metrics by functions of other libraries take, where there is no such function."""

from __future__ import annotations

import warnings

HERE_NOTHING = "`check_compute_fn` has no effect: nothing of another library computes this metric."


def warn_unchecked(check_compute_fn: bool) -> None:
    """Says so to who asks for a check."""
    if check_compute_fn:
        warnings.warn(HERE_NOTHING, UserWarning, stacklevel=3)
