"""Outputs of an epoch."""

import pytest

from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import EpochOutputStore


def test_each_epoch_has_its_own():
    """What is kept is what the transform makes of the outputs, of one epoch at a time."""
    engine, seen = Engine(lambda engine, batch: (engine.state.epoch, batch)), []
    store = EpochOutputStore(output_transform=lambda output: output[0] * 10 + output[1])
    store.attach(engine, "kept")
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: seen.append(engine.state.kept))
    engine.run([1, 2], max_epochs=2)
    assert seen == [[11, 12], [21, 22]]
    store.reset()
    assert store.data == []


@pytest.mark.parametrize("leave", ["terminate", "interrupt"])
def test_an_epoch_that_goes_on_keeps_all(leave):
    """A run that was left in the middle of an epoch has all its outputs when the epoch is over."""
    engine, store = Engine(lambda engine, batch: batch), EpochOutputStore()
    store.attach(engine, "kept")
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=5), getattr(engine, leave))
    engine.run([0, 1, 2], max_epochs=3)
    engine.run([0, 1, 2])
    assert engine.state.kept == [0, 1, 2]


def test_what_another_process_had_is_lost_and_said():
    """An epoch that a new process goes on with warns of what is missing; the next one is whole."""
    first, second = (Engine(lambda engine, batch: batch) for _ in range(2))
    first.add_event_handler(Events.ITERATION_COMPLETED(once=2), first.terminate)
    first.run([0, 1, 2], max_epochs=2)
    second.load_state_dict(first.state_dict())
    seen = []
    EpochOutputStore().attach(second, "kept")
    second.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: seen.append(engine.state.kept))
    with pytest.warns(
        UserWarning, match=r"^The run goes on after iteration 2 of an epoch, and 0 outputs of it are kept"
    ):
        second.run([0, 1, 2])
    assert seen == [[2], [0, 1, 2]]
