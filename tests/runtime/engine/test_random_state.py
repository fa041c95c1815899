"""The states of the random number generators as data."""

import io
import random
import subprocess
import sys

import numpy as np
import torch

from scaffold_runtime.engine.random_state import (
    kept_random_state,
    random_state,
    seed_everything,
    set_random_state,
)


def draw():
    """One number of each generator."""
    return random.random(), random.gauss(0, 1), float(np.random.rand()), torch.rand(()).item()


def test_goes_back_through_a_file():
    """A state that was saved, and loaded under `weights_only`, gives the same numbers again."""
    random.gauss(0, 1)  # leaves half of a pair for the next call
    file = io.BytesIO()
    torch.save(random_state(), file)
    file.seek(0)
    expected = [draw() for _ in range(3)]
    set_random_state(torch.load(file, weights_only=True))
    assert [draw() for _ in range(3)] == expected


def test_nothing_is_left_behind():
    """What is drawn inside, even before an error, leaves no trace."""
    before = random_state()
    expected = draw()
    set_random_state(before)
    try:
        with kept_random_state():
            draw()
            seed_everything(3)
            raise OSError
    except OSError:
        assert draw() == expected


def test_a_cpu_needs_no_other_algorithms():
    """Only GPUs have operations whose bits differ from run to run: elsewhere nothing is set, and nothing slower."""
    program = (
        "import torch; from scaffold_runtime.engine.random_state import use_deterministic_algorithms as use; use();"
        "print(torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(torch.cuda.is_available())] * 2
