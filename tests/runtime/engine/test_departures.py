"""How a run ends early - `terminate`, `terminate_epoch`, `interrupt`, an exception - and how it goes on."""

import traceback

import pytest

from scaffold_runtime.engine import Engine, Events


@pytest.fixture
def seen():
    """The batches that steps were done with, and what else a test notes."""
    return []


@pytest.fixture
def engine(seen):
    """An engine that notes its batches."""
    return Engine(lambda engine, batch: seen.append(batch))


@pytest.mark.parametrize("leave", ["terminate", "interrupt"])
@pytest.mark.parametrize("event", [Events.ITERATION_STARTED, Events.ITERATION_COMPLETED, Events.GET_BATCH_COMPLETED])
def test_goes_on_at_the_next_batch(engine, seen, leave, event):
    """After `terminate` or `interrupt`, `run` goes on: every batch is seen once, in order."""
    handle = engine.add_event_handler(event(once=4), lambda engine: getattr(engine, leave)())
    engine.run(list("abc"), max_epochs=3)
    assert 3 <= len(seen) <= 5
    handle.remove()
    engine.run(list("abc"), max_epochs=3)
    assert "".join(seen) == "abcabcabc"
    assert (engine.state.epoch, engine.state.iteration) == (3, 9)


def test_goes_on_without_arguments(engine, seen):
    """A run that was left needs no arguments to go on: it keeps its data and its bounds."""
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), engine.terminate)
    engine.run(iter("abcdef"), max_epochs=1, epoch_length=6)
    engine.run()
    assert "".join(seen) == "abcdef"


def test_terminate_events(engine):
    """`TERMINATE` and `COMPLETED` are fired when a run is terminated; `skip_completed` leaves out the second."""
    for skip, expected in ((False, ["TERMINATE", "COMPLETED"]), (True, ["TERMINATE"])):
        fired = []
        engine = Engine(lambda engine, batch: None)
        for event in (Events.EPOCH_COMPLETED, Events.TERMINATE, Events.COMPLETED):
            engine.add_event_handler(event, lambda engine, fired=fired: fired.append(engine.last_event_name.name))
        engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), engine.terminate, skip_completed=skip)
        engine.run([0] * 5, max_epochs=3)
        assert fired == expected


def test_terminate_epoch(engine, seen):
    """The next epoch starts with a new pass over the data; handlers of the event get the steps if they take them."""
    notes = []
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda engine: engine.terminate_epoch())
    engine.add_event_handler(Events.TERMINATE_SINGLE_EPOCH, lambda engine, iter_counter: notes.append(iter_counter))
    engine.add_event_handler(Events.TERMINATE_SINGLE_EPOCH, lambda engine: notes.append("plain"))
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: notes.append(engine.state.epoch))
    engine.run(list("abc"), max_epochs=2)
    assert "".join(seen) == "ababc"
    assert notes == [2, "plain", 1, 2]


def test_terminate_epoch_without_completed(engine):
    """`skip_epoch_completed` leaves out `EPOCH_COMPLETED` of the epoch that is cut."""
    epochs = []
    engine.add_event_handler(
        Events.ITERATION_COMPLETED(once=1), lambda engine: engine.terminate_epoch(skip_epoch_completed=True)
    )
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: epochs.append(engine.state.epoch))
    engine.run([0, 0], max_epochs=3)
    assert epochs == [2, 3]


@pytest.mark.parametrize("event", [Events.STARTED, Events.EPOCH_STARTED(once=1)])
def test_an_epoch_that_is_ended_before_it_begins_has_no_steps(engine, seen, event):
    """`terminate_epoch` at `STARTED` or `EPOCH_STARTED` passes over the epoch."""
    engine.add_event_handler(event, lambda engine: engine.terminate_epoch())
    engine.run("abc", max_epochs=2)
    assert ("".join(seen), engine.state.epoch, engine.state.iteration) == ("abc", 2, 3)


class Failure(Exception):
    """What the steps of these tests raise."""


def failing_at(iteration, seen, error=Failure):
    """An engine whose step fails once, at that iteration."""

    def step(engine, batch):
        if engine.state.iteration == iteration and not engine.__dict__.setdefault("failed", False):
            engine.failed = True
            raise error
        seen.append(batch)

    return Engine(step)


@pytest.mark.parametrize("error", [Failure, KeyboardInterrupt, SystemExit, StopIteration, GeneratorExit])
def test_exceptions_propagate_once(seen, error):
    """Handlers see the error, whatever they do with it, once; then it leaves `run`, and `run` can go on."""
    engine, handled = failing_at(4, seen, error), []
    engine.add_event_handler(Events.EXCEPTION_RAISED, lambda engine, error: handled.append(type(error)))

    @engine.on(Events.EXCEPTION_RAISED)
    def raise_again(engine, error):
        raise error

    engine.add_event_handler(Events.EXCEPTION_RAISED, lambda engine: handled.append("plain"))
    with pytest.raises(error):
        engine.run(list("abc"), max_epochs=2)
    assert handled == [error, "plain"]
    assert (engine.state.epoch, engine.state.iteration) == (2, 4)
    engine.run(list("abc"), max_epochs=2)
    assert "".join(seen) == "abcabc"
    assert handled == [error, "plain"]


@pytest.mark.parametrize("leave", ["fail", "terminate"])
@pytest.mark.parametrize("resumes", [True, False])
def test_a_step_done_again_is_known(leave, resumes):
    """A handler that acts once per iteration sees that this start was told before, in the same process or another."""
    starts, leaves = [], [3]

    def begin(engine):
        starts.append((engine.state.iteration, engine.is_repeating, engine.completed_iterations))
        if leave == "terminate" and engine.state.iteration in leaves:
            leaves.clear()
            engine.terminate()

    def step(engine, batch):
        if leave == "fail" and engine.state.iteration in leaves:
            leaves.clear()
            raise Failure

    def new_engine():
        engine = Engine(step)
        engine.add_event_handler(Events.ITERATION_STARTED, begin)
        engine.add_event_handler(Events.EXCEPTION_RAISED, lambda engine, error: engine.suppress_exception())
        return engine

    engine = new_engine()
    engine.run("abcd", max_epochs=1)
    assert engine.completed_iterations == engine.state_dict()["iteration"] == 2
    if resumes:
        state, engine = engine.state_dict(), new_engine()
        engine.load_state_dict(state)
    engine.run("abcd", max_epochs=1)
    assert starts == [(1, False, 0), (2, False, 1), (3, False, 2), (3, True, 2), (4, False, 3)]


def test_suppress_exception(seen):
    """Only `suppress_exception` makes `run` return after an error; the next error is raised again."""
    engine = failing_at(2, seen)
    engine.add_event_handler(Events.EXCEPTION_RAISED(once=1), lambda engine, error: engine.suppress_exception())
    assert engine.run([1, 2, 3]) is engine.state
    assert seen == [1]
    engine.failed = False
    with pytest.raises(Failure):
        engine.run([1, 2, 3])


@pytest.mark.parametrize("event", [event for event in Events if event.name not in ("INTERRUPT", "EXCEPTION_RAISED")])
def test_exceptions_of_handlers(engine, event):
    """An error of a handler, of whatever event, reaches the handlers of `EXCEPTION_RAISED` and then the caller."""
    handled = []
    engine.add_event_handler(Events.EXCEPTION_RAISED, lambda engine, error: handled.append(error))
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=1), lambda engine: engine.terminate_epoch())
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=7), lambda engine: engine.terminate())

    @engine.on(event)
    def fail(engine):
        raise Failure(event)

    with pytest.raises(Failure) as raised:
        engine.run([1, 2], max_epochs=5, epoch_length=3)
    assert handled == [raised.value]


def test_exceptions_of_the_data(seen):
    """An error of the data reaches the caller; the next `run` opens the data again at the very place."""

    class Flaky:
        failures = 1

        def __iter__(self):
            for batch in "abcd":
                if batch == "c" and self.failures:
                    self.failures -= 1
                    raise Failure
                yield batch

    data, engine = Flaky(), Engine(lambda engine, batch: seen.append(batch))
    with pytest.raises(Failure):
        engine.run(data, max_epochs=2)
    engine.run(data, max_epochs=2)
    assert "".join(seen) == "abcdabcd"


def test_traceback_points_at_the_user():
    """Few frames of ours stand between the call of `run` and the user's line."""

    def step(engine, batch):
        return batch / 0

    with pytest.raises(ZeroDivisionError) as raised:
        Engine(step).run([1])
    names = [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]
    assert names == ["test_traceback_points_at_the_user", "run", "run_steps", "step"]


def test_finished_run(engine, seen):
    """A finished run goes on if more is asked for, says so if the same is asked for, and starts over on demand."""
    engine.run([1, 2], max_epochs=2)
    engine.run([1, 2], max_epochs=3)
    assert (engine.state.epoch, engine.state.iteration) == (3, 6)
    with pytest.raises(ValueError, match="complete") as raised:
        engine.run([1, 2], max_epochs=3)
    assert str(raised.value) == (
        "The run is complete after 3 epochs, 6 iterations, and `max_epochs=3` asks for no more. Ask for more to go "
        "on; to start over, set `engine.state.max_epochs` and `engine.state.max_iters` to None first."
    )
    engine.state.max_epochs = None
    engine.run([1, 2], max_epochs=3)
    assert (engine.state.epoch, engine.state.iteration, len(seen)) == (3, 6, 12)


@pytest.mark.parametrize("leave", ["terminate", "interrupt"])
def test_a_run_that_was_left_starts_over_on_demand(engine, seen, leave):
    """Without bounds in the state a run begins anew, `STARTED` and all, wherever it was left."""
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda engine: getattr(engine, leave)())
    engine.add_event_handler(Events.STARTED, lambda: seen.append("!"))
    engine.run("abc", max_epochs=2)
    engine.state.max_epochs = None
    engine.run("abc", max_epochs=2)
    assert ("".join(seen), engine.state.iteration) == ("!ab!ab", 2)
    engine.run("abc", max_epochs=2)
    assert "".join(seen).replace("!", "") == "ababcabc"


def test_evaluators_start_over(engine, seen):
    """A run whose length nobody gave starts over each time, on other data too."""
    for data in ("ab", "abc", "a"):
        engine.run(list(data))
        assert (engine.state.epoch, engine.state.iteration, engine.state.epoch_length) == (1, len(data), len(data))
    assert "".join(seen) == "ababca"


def test_terminated_evaluator_starts_over(engine, seen):
    """An evaluation that was cut short is not continued by the next one."""
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=1), lambda engine: engine.terminate())
    engine.run(list("abc"))
    engine.run(list("xyz"))
    assert "".join(seen) == "ax"


def test_running_engine():
    """A running engine cannot be run again from its handlers."""
    engine = Engine(lambda engine, batch: engine.run([1]))
    with pytest.raises(RuntimeError) as raised:
        engine.run([1])
    assert str(raised.value) == "This engine is running; `run` can be called again when it has returned."


@pytest.mark.parametrize("of_rank_0", [("table", "tracker"), ("table",), ("tracker",)])
def test_a_handler_is_done_again_on_each_process(of_rank_0):
    """Rank 0, whose place is saved, has handlers that others lack: all go on with the same one, and none before it."""
    saved = {}

    def run(*names, leaves=False):
        done = []

        def validate(engine):
            done.append("validate")
            if leaves:
                engine.repeats_handler = True
                saved.update(engine.state_dict())
                raise KeyboardInterrupt

        engine = Engine(lambda engine, batch: None)
        for name in names:
            handler = validate if name == "validate" else lambda engine, name=name: done.append(name)
            engine.add_event_handler(Events.EPOCH_COMPLETED, handler)
        if not leaves:
            engine.load_state_dict(saved)
        engine.run("ab", max_epochs=1)
        return done

    everywhere = ("average", "validate", "print")
    all_names = ("average", "table", "validate", "tracker", "print")
    on_rank_0 = [name for name in all_names if name in (*everywhere, *of_rank_0)]
    with pytest.raises(KeyboardInterrupt):
        run(*on_rank_0, leaves=True)
    assert run(*on_rank_0) == on_rank_0[on_rank_0.index("validate") :]
    assert run(*everywhere) == ["validate", "print"]
