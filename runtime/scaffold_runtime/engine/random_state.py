"""The same numbers again: states of random number generators - torch's, Python's, numpy's - as data, and seeds.

States are tensors and numbers only, so a checkpoint that holds them loads under `weights_only`.
"""

import os
import random
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import torch


def random_state() -> dict[str, Any]:
    """What the generators' states are now; numpy's only where the program has imported numpy."""
    version, internal, gauss_next = random.getstate()
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "python": {"version": version, "internal": torch.tensor(internal), "gauss_next": gauss_next},
    }
    if "numpy" in sys.modules:
        legacy: Any = sys.modules["numpy"].random.get_state(legacy=False)
        words = torch.tensor(legacy["state"]["key"].tolist())
        state["numpy"] = {**legacy, "state": {"key": words, "pos": int(legacy["state"]["pos"])}}
    return state


def set_random_state(state: Mapping[str, Any]) -> None:
    """Goes back to states that `random_state` told."""
    torch.set_rng_state(state["torch"].cpu())
    python = state["python"]
    random.setstate((python["version"], tuple(python["internal"].tolist()), python["gauss_next"]))
    if "numpy" in state:
        import numpy as np

        words = np.array(state["numpy"]["state"]["key"].tolist(), dtype=np.uint32)
        np.random.set_state({**state["numpy"], "state": {"key": words, "pos": state["numpy"]["state"]["pos"]}})


@contextmanager
def kept_random_state() -> Generator[None]:
    """Whatever is drawn inside leaves no trace.

    Example:
        >>> before = torch.get_rng_state()
        >>> with kept_random_state():
        ...     _ = torch.rand(3)
        >>> torch.equal(before, torch.get_rng_state())
        True
    """
    state = random_state()
    try:
        yield
    finally:
        set_random_state(state)


def seed_everything(seed: int) -> None:
    """Seeds torch on every device, Python and, where the program has imported it, numpy."""
    torch.manual_seed(seed)
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)


def use_deterministic_algorithms() -> None:
    """Has GPUs compute the same bits from the same numbers each time, at some cost; a CPU does so anyway.

    Operations that have no such algorithm warn and go on; so does attention, which has one, but not where it may
    warn. To be called before the first of them: cuBLAS looks at its setting once. See https://docs.pytorch.org/docs/stable/notes/randomness.html.
    """
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False  # it chooses algorithms by their times, which are never the same
        # It is for those who look for mistakes, and costs time; torch gives it no type.
        torch.utils.deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue]
