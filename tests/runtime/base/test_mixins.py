"""Base classes of handlers that programs for PyTorch-Ignite bring along."""

import warnings

import pytest

from scaffold_runtime.base import ResettableHandler, Serializable
from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import Checkpoint

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from ignite import base as theirs


def counter_of(base, groups=(("mean", "sum"),)):
    """A handler that checks its state as `base` does."""

    class Counter(base):
        _state_dict_all_req_keys = ("count",)
        _state_dict_one_of_opt_keys = groups

        def state_dict(self):
            return {"count": 3, "sum": 5}

        def load_state_dict(self, state_dict):
            super().load_state_dict(state_dict)
            self.count = state_dict["count"]

    return Counter()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([1], "A state should be a mapping, got a list."),
        ({}, "The state of a Counter should have 'count'; this one has nothing."),
        ({"sum": 1}, "The state of a Counter should have 'count'; this one has 'sum'."),
        ({"count": 1}, "The state of a Counter should have one key of 'mean' or 'sum'; this one has 'count'."),
        (
            {"count": 1, "mean": 2, "sum": 3},
            "The state of a Counter should have one key of 'mean' or 'sum'; this one has 'count', 'mean', 'sum'.",
        ),
    ],
)
def test_a_state_of_something_else(state, message):
    """What Ignite's class refuses is refused with the same kind of error, and a sentence."""
    with pytest.raises((TypeError, ValueError)) as caught:
        counter_of(Serializable).load_state_dict(state)
    assert str(caught.value) == message
    with pytest.raises(caught.type):
        counter_of(theirs.Serializable).load_state_dict(state)


def test_a_single_group():
    """A group may stand alone, as Ignite's classes had it."""
    counter = counter_of(Serializable, groups=("mean", "sum"))
    counter.load_state_dict({"count": 4, "mean": 1})
    assert counter.count == 4


def test_it_is_saved_with_the_rest(tmp_path):
    """A handler of one's own goes through a checkpoint."""
    trainer, saved, loaded = Engine(lambda engine, batch: None), counter_of(Serializable), counter_of(Serializable)
    checkpoint = Checkpoint({"counter": saved, "trainer": trainer}, tmp_path)
    trainer.run([0])
    checkpoint(trainer)
    Checkpoint.load_objects({"counter": loaded}, checkpoint.last_checkpoint)
    assert loaded.count == 3


def test_a_handler_that_cannot_be_reset():
    """Both methods have to be there; a `Serializable` without a state says so."""
    with pytest.raises(TypeError, match="abstract"):
        type("Half", (ResettableHandler,), {"reset": lambda self: None})()
    with pytest.raises(NotImplementedError, match=r"A Serializable does not say what its state is\."):
        Serializable().state_dict()
