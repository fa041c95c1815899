"""A process without a batch of its own still takes part in what all processes do together."""

import os
import sys
from pathlib import Path

import pytest
from tests.warm_python import run

from scaffold_runtime.engine import Engine

PROGRAM = Path(__file__).parent / "evaluate_one_sample.py"
RUNTIME = Path(__file__).parents[3] / "runtime"


def test_a_rank_without_batches():
    """Its epochs have no steps but all their events, so collectives there are met."""
    kept = {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    done = run([sys.executable, str(PROGRAM)], kept | {"PYTHONPATH": str(RUNTIME), "OMP_NUM_THREADS": "1"})
    events = "EPOCH_STARTED, EPOCH_COMPLETED, of all {}, COMPLETED"
    both = f"{events.format(1)}, {events.format(2)}"
    assert sorted(done.stdout.splitlines()) == [f"rank 0: 2 batches, {both}", f"rank 1: 0 batches, {both}"], done.stderr


def test_other_data_may_not_be_empty():
    """An empty list is a mistake."""
    with pytest.raises(ValueError, match="The data is empty"):
        Engine(lambda engine, batch: None).run([])
