"""What comes from outside - calls of `run`, saved positions - and cannot be meant is refused, each in one sentence."""

import re

import pytest
import torch
from torch.utils.data import DataLoader

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.metrics import Accuracy


class Sizeless:
    """Batches that can be iterated over again, of a number that nobody knows beforehand."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


@pytest.fixture
def engine():
    """An engine that does nothing."""
    return Engine(lambda engine, batch: None)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"data": 5}, TypeError, "`data` should be iterable - a list, a loader, a generator - got 5."),
        (
            {"data": [1], "max_epochs": 2, "max_iters": 3},
            ValueError,
            "Give `max_epochs` or `max_iters`, not both: they say the same thing in two units.",
        ),
        ({"data": [1], "max_epochs": 0}, ValueError, "`max_epochs` should be at least 1, got 0."),
        ({"data": [1], "max_iters": -3}, ValueError, "`max_iters` should be at least 1, got -3."),
        ({"data": [1], "epoch_length": 0}, ValueError, "`epoch_length` should be at least 1, got 0."),
        (
            {"data": []},
            ValueError,
            "The data is empty: `len(data)` is 0, and an engine needs at least one batch.",
        ),
        (
            {"data": iter([])},
            ValueError,
            "The data is empty: it gave no batch, and an engine needs at least one.",
        ),
        (
            {"data": iter([]), "epoch_length": 3},
            ValueError,
            "The data is empty: it gave no batch, and an engine needs at least one.",
        ),
        (
            {"max_epochs": 2},
            ValueError,
            "Without data, `epoch_length` says how many steps an epoch has; it was not given.",
        ),
    ],
)
def test_arguments(engine, arguments, error, message):
    """What no run could use is refused."""
    with pytest.raises(error) as raised:
        engine.run(**arguments)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            {"max_epochs": 3},
            {"max_epochs": 2},
            "`max_epochs` should be at least 3, which the run has reached; got 2. "
            "To start over, set `engine.state.max_epochs` and `engine.state.max_iters` to None first.",
        ),
        (
            {"max_iters": 5},
            {"max_iters": 4},
            "`max_iters` should be at least 5, which the run has reached; got 4. "
            "To start over, set `engine.state.max_epochs` and `engine.state.max_iters` to None first.",
        ),
        (
            {"max_iters": 5},
            {"max_iters": 5},
            "The run is complete after 3 epochs, 5 iterations, and `max_iters=5` asks for no more. "
            "Ask for more to go on; to start over, set `engine.state.max_epochs` and `engine.state.max_iters` "
            "to None first.",
        ),
        (
            {"max_epochs": 1},
            {"max_epochs": 2, "epoch_length": 7},
            "The run has epochs of 2 iterations, and `epoch_length=7` would change that on the way. "
            "Leave it out to go on.",
        ),
    ],
)
def test_against_the_position(engine, first, second, message):
    """What contradicts the place where the run is, is refused, and the run is not disturbed by it."""
    engine.run([1, 2], **first)
    reached = engine.state.epoch, engine.state.iteration
    with pytest.raises(ValueError, match=re.escape(message[:20])) as raised:
        engine.run([1, 2], **second)
    assert str(raised.value) == message
    engine.run([1, 2], **{key: value + 1 for key, value in first.items()})
    assert (engine.state.epoch, engine.state.iteration) > reached


def test_other_data_in_the_middle_of_an_epoch(engine):
    """In the middle of an epoch, data of another length is not the data of that epoch."""
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda engine: engine.terminate())
    engine.run([1, 2, 3], max_epochs=2)
    with pytest.raises(ValueError, match="steps into") as raised:
        engine.run([1, 2, 3, 4], max_epochs=2)
    assert str(raised.value) == (
        "The run is 2 steps into an epoch of 3, but this data has 4 batches, so it is not the data of that epoch. "
        "Give the same data; only a loader of `idist.auto_dataloader` can be continued with another batch size or "
        "number of processes."
    )


def test_data_that_ends_early(engine):
    """Data that ends for good before the run does ends the run, with a warning that says where."""
    with pytest.warns(UserWarning, match="ended") as warned:
        engine.run(iter(range(5)), max_epochs=3, epoch_length=2)
    assert [str(warning.message) for warning in warned] == [
        "The data ended for good at iteration 5, in epoch 3, and 3 epochs were asked for; the run ends here. "
        "Give data that can be iterated over again, or ask for less."
    ]
    assert (engine.state.epoch, engine.state.iteration) == (3, 5)


def test_length_of_sizeless_data(engine):
    """The first pass over data without a length says how long an epoch is."""
    lengths = []
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: lengths.append(engine.state.epoch_length))
    engine.run(Sizeless([1, 2, 3]), max_epochs=2)
    assert lengths == [3, 3]
    assert engine.state.iteration == 6


def test_step_that_cannot_be_called():
    """An engine's function takes the engine and a batch; anything else is refused at once."""

    def step(batch):
        return batch

    with pytest.raises(ValueError, match="called") as raised:
        Engine(step)
    assert str(raised.value) == (
        "`test_step_that_cannot_be_called.<locals>.step(batch)` cannot be called as `(engine, batch)`, as the function "
        "that does a step is."
    )
    with pytest.raises(ValueError, match="does its steps") as raised:
        Engine(None)
    assert str(raised.value) == "An engine needs a function that does its steps, got None."


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ({"epoch": 2, "epoch_length": 3, "max_epochs": 4}, [(3, 7), (3, 8), (3, 9), (4, 10), (4, 11), (4, 12)]),
        ({"iteration": 10, "epoch_length": 3, "max_epochs": 4}, [(4, 11), (4, 12)]),
        ({"iteration": 10, "epoch": 4, "epoch_length": 3, "max_epochs": 4}, [(4, 11), (4, 12)]),
        ({"epoch": 0, "epoch_length": None, "max_epochs": 1}, [(1, 1), (1, 2), (1, 3)]),
        ({"iteration": 4, "epoch_length": 3, "max_iters": 6}, [(2, 5), (2, 6)]),
    ],
)
def test_by_hand(engine, state, steps):
    """One number with the epoch's length is a position: that of so many completed epochs or iterations."""
    seen = []
    engine.add_event_handler(
        Events.ITERATION_COMPLETED, lambda engine: seen.append((engine.state.epoch, engine.state.iteration))
    )
    engine.load_state_dict(state)
    engine.run(list(range(3)))
    assert seen == steps


def test_by_hand_without_the_length_of_the_run(engine):
    """How long the run is may be left to `run`, which then goes on from the position."""
    engine.load_state_dict({"iteration": 4, "epoch_length": 3})
    assert (engine.run(range(3), max_epochs=3).iteration, engine.state.epoch) == (9, 3)


@pytest.mark.parametrize("data", [range(21), DataLoader(range(21), batch_size=None), idist.auto_dataloader(range(21))])
@pytest.mark.parametrize("epoch_length", [8, 21, 30])
@pytest.mark.parametrize("done", [7, 21, 40, 43])
def test_by_hand_the_data_goes_on_where_it_was(data, epoch_length, done):
    """So many batches have been read, pass after pass, whatever epochs are; those that follow are the ones left."""
    seen = []
    engine = Engine(lambda engine, batch: seen.append(int(batch)))
    engine.load_state_dict({"iteration": done, "epoch_length": epoch_length, "max_iters": done + 30})
    engine.run(data)
    assert seen == [place % 21 for place in range(done, done + 30)]


def test_user_keys(engine):
    """Attributes that are named as keys go with the position."""
    engine.state_dict_user_keys.append("best")
    engine.state.best = 0.5
    engine.run([1, 2])
    other = Engine(lambda engine, batch: None)
    other.state_dict_user_keys.append("best")
    other.load_state_dict(engine.state_dict())
    assert (other.state.best, other.state.iteration) == (0.5, 2)


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ([1, 2], TypeError, "An engine's state is a mapping, got [1, 2]."),
        (
            {"weight": 1, "bias": 2},
            ValueError,
            "An engine's state should have epoch_length, iteration (or epoch); this one has weight, bias. "
            "Is it the state of another object?",
        ),
        (
            {},
            ValueError,
            "An engine's state should have epoch_length, iteration (or epoch); this one has nothing. "
            "Is it the state of another object?",
        ),
        (
            {"epoch": -1, "epoch_length": 3},
            ValueError,
            "`epoch` of an engine's state should be a count, got -1.",
        ),
        (
            {"iteration": 2.5, "epoch_length": 3},
            ValueError,
            "`iteration` of an engine's state should be a count, got 2.5.",
        ),
        (
            {"epoch": 3, "epoch_length": None},
            ValueError,
            "Without `epoch_length` nobody knows where epochs begin; it is None in an engine's state at epoch 3.",
        ),
        (
            {"epoch": 123, "iteration": 12, "epoch_length": 10},
            ValueError,
            "Iteration 12 is in epoch 2, with epochs of 10, and an engine's state should not call it epoch 123. "
            "Leave one of the two out.",
        ),
        (
            {"iteration": 12, "epoch_length": 10, "max_epochs": 5, "max_iters": 50},
            ValueError,
            "An engine's state says how long the run is by `max_epochs` or by `max_iters`; this one has both.",
        ),
        (
            {"epoch": 5, "epoch_length": 10, "max_epochs": 3},
            ValueError,
            "An engine's state at epoch 5, iteration 50 should not be one of a run of 3 epochs.",
        ),
        (
            {"iteration": 100, "epoch_length": 10, "max_iters": 50},
            ValueError,
            "An engine's state at epoch 10, iteration 100 should not be one of a run of 50 iterations.",
        ),
    ],
)
def test_bad_states(engine, state, error, message):
    """What is no state of an engine is refused, and the engine stays where it was."""
    engine.run([1])
    with pytest.raises(error, match=re.escape(message)) as raised:
        engine.load_state_dict(state)
    assert str(raised.value) == message
    assert (engine.state.epoch, engine.state.iteration) == (1, 1)


def test_missing_user_key(engine):
    """A key that this engine needs and the state has not is named."""
    state = engine.state_dict()
    engine.state_dict_user_keys.append("best")
    with pytest.raises(ValueError, match="best") as raised:
        engine.load_state_dict(state)
    assert str(raised.value) == (
        f"An engine's state should have best; this one has {', '.join(state)}. Is it the state of another object?"
    )


def test_keys():
    """The position is a few numbers, and whatever attributes of the state the user names."""
    engine = Engine(lambda engine, batch: None)
    engine.state_dict_user_keys.append("alpha")
    engine.state.alpha = 0.5
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=3), engine.terminate)
    engine.run([1, 2], max_epochs=2)
    assert engine.state_dict() == {
        "epoch": 2,
        "iteration": 3,
        "epoch_length": 2,
        "max_epochs": 2,
        "epoch_steps": 1,
        "repeated_handler": None,
        "epoch_is_pass": True,
        "in_step": False,
        "data": {"passes": 1, "batches": 1},
        "alpha": 0.5,
    }
    other = Engine(lambda engine, batch: None)
    other.state_dict_user_keys.append("alpha")
    other.load_state_dict(engine.state_dict())
    assert other.state.alpha == 0.5
    assert other.state_dict() == engine.state_dict()


def test_a_state_says_in_one_way_how_long_the_run_is():
    """In epochs or in iterations, as it was asked; a state that says one of them leaves the other open."""
    engine = Engine(lambda engine, batch: None)
    engine.run([1, 2], max_iters=3)
    assert {key: count for key, count in engine.state_dict().items() if "max" in key} == {"max_iters": 3}
    engine.load_state_dict({"iteration": 2, "epoch_length": 2, "max_epochs": 4})
    assert (engine.state.max_epochs, engine.state.max_iters) == (4, None)
    engine.load_state_dict({"iteration": 2, "epoch_length": 2, "max_iters": 5})
    assert (engine.state.max_epochs, engine.state.max_iters) == (None, 5)
    assert engine.run([1, 2]).iteration == 5


def test_a_run_goes_on_in_another_unit(engine):
    """What was asked for in epochs goes on to so many iterations, and the other way round."""
    engine.run([1, 2], max_epochs=2)
    assert engine.run([1, 2], max_iters=7).iteration == 7
    assert (engine.state.epoch, engine.state.max_epochs) == (4, None)
    assert engine.run([1, 2], max_epochs=5).iteration == 10


def test_a_complete_run_stays_complete():
    """The state of a complete run, run to the same end, makes no step; to a later end, the rest."""
    engine = Engine(lambda engine, batch: None)
    engine.run(["a", "b", "c"], max_epochs=2)
    for epochs, iterations in ((2, 6), (3, 9)):
        other = Engine(lambda engine, batch: None)
        other.load_state_dict(engine.state_dict())
        assert other.run(["a", "b", "c"], max_epochs=epochs).iteration == iterations


def test_of_another_run():
    """In the middle of an epoch, data of another length is not the data of that epoch; at its start it may be new."""
    first = Engine(lambda engine, batch: None)
    first.add_event_handler(Events.ITERATION_COMPLETED(once=4), first.terminate)
    first.run(range(5), max_epochs=2)
    second = Engine(lambda engine, batch: None)
    second.load_state_dict(first.state_dict())
    with pytest.raises(ValueError, match="steps into") as raised:
        second.run(range(7))
    assert str(raised.value) == (
        "The run is 4 steps into an epoch of 5, but this data has 7 batches, so it is not the data of that epoch. Give "
        "the same data; only a loader of `idist.auto_dataloader` can be continued with another batch size or number "
        "of processes."
    )
    first.run(range(5), max_epochs=2)
    third = Engine(lambda engine, batch: None)
    third.load_state_dict(first.state_dict())
    assert third.run(range(7), max_epochs=3).iteration == 10 + 7


class Claims:
    """Five batches, and a length that is told of them."""

    def __init__(self, claim):
        self.claim = claim

    def __len__(self):
        return self.claim

    def __iter__(self):
        return iter(range(5))


@pytest.mark.parametrize("claim", [1, 3, 4, 5, 6, 7, 12])
@pytest.mark.parametrize("left_at", [None, 1, 3, 4, 5, 7, 8, 10])
@pytest.mark.parametrize("resumes", [True, False])
def test_a_pass_is_an_epoch_whatever_the_data_says_of_its_length(claim, left_at, resumes):
    """Each of two epochs has all five batches once, in one run or in two, as in a plain loop."""
    seen, ends = [], []

    def new_engine():
        engine = Engine(lambda engine, batch: seen.append(batch))
        engine.add_event_handler(
            Events.EPOCH_COMPLETED, lambda engine: ends.append((engine.state.iteration, engine.state.epoch_length))
        )
        return engine

    engine = new_engine()
    if left_at is not None:
        engine.add_event_handler(Events.ITERATION_COMPLETED(once=left_at), engine.terminate)
    engine.run(Claims(claim), max_epochs=2)
    if left_at is not None:
        state = engine.state_dict()
        if resumes:
            engine = new_engine()
            engine.load_state_dict(state)
        engine.run(Claims(claim), max_epochs=2)
    assert seen == list(range(5)) * 2
    assert ends == [(5, 5), (10, 5)]


def test_iterations_that_are_asked_for_cut_a_pass_that_is_longer():
    """Seven iterations of a pass of five that claims three are an epoch and two steps."""
    engine = Engine(lambda engine, batch: batch)
    state = engine.run(Claims(3), max_iters=7)
    assert (state.iteration, state.epoch, state.output, state.epoch_length) == (7, 2, 1, 3)


def test_a_length_that_was_given_holds():
    """Epochs of four steps go through passes of five batches, which claim to have four too."""
    seen = []
    engine = Engine(lambda engine, batch: seen.append((engine.state.epoch, batch)))
    engine.run(Claims(4), max_epochs=2, epoch_length=4)
    assert seen == [(1, 0), (1, 1), (1, 2), (1, 3), (2, 4), (2, 0), (2, 1), (2, 2)]


@pytest.mark.parametrize("tells", [True, False])
def test_a_sampler_with_another_number_of_batches_each_time(tells):
    """Each epoch has the batches of its pass, one, three and two, and the state has their number from its start on."""

    class Changing:
        passes = 0

        def __len__(self):
            return [1, 3, 2, 0][self.passes] if tells else 2

        def __iter__(self):
            number = [1, 3, 2][self.passes]
            for index in range(number):
                if index == number - 1:
                    self.passes += 1
                yield [index]

    seen, lengths = [], []
    engine = Engine(lambda engine, batch: seen.append((engine.state.epoch, *batch.tolist())))
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: lengths.append(engine.state.epoch_length))
    engine.run(DataLoader(range(3), batch_sampler=Changing()), max_epochs=3)
    assert seen == [(1, 0), (2, 0), (2, 1), (2, 2), (3, 0), (3, 1)]
    assert lengths == [1, 3, 2]


def test_no_sample_is_measured_twice():
    """Four of five predictions are right: 0.8, though the stream claims to have seven."""
    evaluator = Engine(lambda engine, batch: (torch.tensor([1]), torch.tensor([int(batch != 0)])))
    Accuracy().attach(evaluator, "accuracy")
    assert evaluator.run(Claims(7)).metrics["accuracy"] == 0.8
