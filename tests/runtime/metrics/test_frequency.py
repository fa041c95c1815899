"""Frequency."""

from time import perf_counter

import pytest
import torch

from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics import Frequency


@pytest.mark.parametrize("as_count", [int, torch.tensor])
def test_counts_by_seconds(as_count):
    """It is what was counted, by the time from the reset to the last update, whatever comes after."""
    before = perf_counter()
    frequency = Frequency()
    for _ in range(3):
        frequency.update(as_count(1000))
    seconds = perf_counter() - before
    value = frequency.compute()
    assert value >= 3000 / seconds
    while perf_counter() - before < 2 * seconds:
        pass
    assert frequency.compute() == value
    frequency.update(as_count(0))
    assert 3000 / (perf_counter() - before) <= frequency.compute() < 3000 / seconds


def test_nothing_counted():
    """Without a batch there is no frequency."""
    with pytest.raises(NotComputableError, match=r"^Frequency has seen no batch\. Call `update` before `compute`\.$"):
        Frequency().compute()


def test_values_in_an_engine():
    """It is written as an int when the event says so, of this epoch's batches only, and no longer once detached."""
    engine = Engine(lambda engine, batch: {"tokens": batch})
    frequency = Frequency(output_transform=lambda output: output["tokens"])
    frequency.attach(engine, "tokens", event_name=Events.ITERATION_COMPLETED(every=2))
    seen = []
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: seen.append(engine.state.metrics.get("tokens")))
    engine.run([5, 5, 5], max_epochs=1)
    assert seen[0] is None
    assert isinstance(seen[1], int)
    assert seen[2] == seen[1] > 0
    assert frequency.state_values()["_count"] == 15
    assert frequency.is_attached(engine)
    frequency.detach(engine)
    assert not frequency.is_attached(engine)
    engine.state.metrics.clear()
    engine.run([5, 5, 5], max_epochs=2)
    assert engine.state.metrics == {}


def test_over_processes(two_processes):
    """Counts of all processes are added, by the seconds of the slowest: a process without a batch has none."""
    one, other = Frequency(), Frequency()
    one.set_state_values({"_count": 30.0, "_seconds": 2.0})
    other.set_state_values({"_count": 10.0, "_seconds": 6.0})
    states = {"ranks": [one.state_values(), other.state_values()], "members": []}
    values = two_processes.run("resume", [(Frequency(), states)] * 2)
    assert values == [40 / 6, 40 / 6]
    idle = Frequency()
    alone = two_processes.run("save", [(one, []), (idle, [])])[0]
    assert two_processes.run("resume", [(Frequency(), alone)] * 2) == [15.0, 15.0]


def test_time_between_saving_and_loading():
    """The time for which a program was gone does not count."""
    saved, resumed = Frequency(), Frequency()
    saved.update(8)
    while perf_counter() - resumed._since < 0.01:
        pass
    start = perf_counter()
    resumed.load_state_dict(saved.state_dict())
    resumed.update(0)
    assert resumed.state_values()["_seconds"] - saved.state_values()["_seconds"] <= perf_counter() - start


@pytest.mark.parametrize(
    ("count", "got"), [(None, "'NoneType'"), ("two", "'str'"), (torch.zeros(2), r"a tensor of shape \(2,\)")]
)
def test_no_number(count, got):
    """What is no number is refused."""
    with pytest.raises(
        TypeError,
        match=rf"^Frequency counts a number or a tensor without dimensions, got {got}\. An `output_transform`",
    ):
        Frequency().update(count)
