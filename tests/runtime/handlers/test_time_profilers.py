"""Where the time of a run goes, by a clock of the test's own; results in the form that Ignite has."""

import csv
import time
import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
    from ignite import engine as their_engine
    from ignite import handlers as their_handlers

from scaffold_runtime import engine, handlers
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import BasicTimeProfiler, HandlersTimeProfiler

NAP = 0.004


class SlowData:
    """Batches that are waited for, half as long as a step."""

    def __len__(self):
        return 4

    def __iter__(self):
        for batch in range(4):
            time.sleep(NAP / 2)
            yield batch


def nap(engine):
    """A handler that takes its time."""
    time.sleep(NAP)


class Napping:
    """A handler without a name of its own."""

    def __call__(self, engine):
        """Takes its time."""
        time.sleep(NAP)


def run_with(profiler, engines=engine, data=None, filtered=True, **bounds):
    """A run of two epochs with handlers at some events."""
    trainer = engines.Engine(lambda engine, batch: time.sleep(NAP))
    for name in ("STARTED", "EPOCH_STARTED", "ITERATION_COMPLETED", "COMPLETED"):
        trainer.add_event_handler(engines.Events[name], nap)
    if filtered:
        trainer.add_event_handler(engines.Events.ITERATION_COMPLETED(every=3), Napping())
    profiler.attach(trainer)
    profiler.attach(trainer)  # once is enough
    trainer.run(SlowData() if data is None else data, **(bounds or {"max_epochs": 2}))
    return trainer


def test_basic_times():
    """Steps, fetches and handlers have at least the time that they slept, and all together no more than the run."""
    profiler = BasicTimeProfiler()
    began = time.perf_counter()
    run_with(profiler)
    whole = time.perf_counter() - began
    results = profiler.get_results()
    handlers_ = results["event_handlers_stats"]
    assert results["processing_stats"]["total"] >= 8 * NAP
    assert results["dataflow_stats"]["total"] >= 8 * NAP / 2
    assert handlers_["ITERATION_COMPLETED"]["total"] >= 10 * NAP
    assert handlers_["EPOCH_STARTED"]["total"] >= 2 * NAP
    assert handlers_["STARTED"]["total"] >= NAP
    assert handlers_["ITERATION_STARTED"]["total"] < NAP
    parts = (results["processing_stats"]["total"], results["dataflow_stats"]["total"], float(handlers_["total_time"]))
    assert sum(parts) <= whole
    assert results["event_handlers_names"]["ITERATION_COMPLETED_names"] == ["nap", "Napping"]
    assert profiler.total_num_iters == 8


def test_the_form_of_results_is_ignites():
    """Keys, and kinds of values, are those of Ignite's profilers; so are the columns of the files."""
    found = []
    for lib, engines in ((handlers, engine), (their_handlers, their_engine)):
        basic, each = lib.BasicTimeProfiler(), lib.HandlersTimeProfiler()
        run_with(basic, engines, filtered=False)  # which has the name of what Ignite wraps it in
        run_with(each, engines, filtered=False)
        results = basic.get_results()
        kinds = {key: {name: type(value).__name__ for name, value in part.items()} for key, part in results.items()}
        kinds["event_handlers_stats"] = set(kinds["event_handlers_stats"])
        rows = [(row[0], row[1], len(row)) for row in each.get_results()]
        found.append((kinds, sorted(rows)))
    assert found[0] == found[1]


def test_each_handler_by_itself():
    """A handler has the times of its runs: a filtered one of those at which it ran, one at the start as well."""
    profiler = HandlersTimeProfiler()
    trainer = run_with(profiler)
    times = profiler.event_handlers_times
    assert [len(times[event]["nap"]) for event in (Events.STARTED, Events.EPOCH_STARTED, Events.COMPLETED)] == [1, 2, 1]
    assert len(times[Events.ITERATION_COMPLETED]["nap"]) == len(profiler.processing_times) == 8
    assert len(times[Events.ITERATION_COMPLETED]["Napping"]) == 2
    for handlers_ in times.values():
        assert all(seconds >= NAP for ran in handlers_.values() for seconds in ran)
    rows = {tuple(row[:2]): row[2:] for row in profiler.get_results()}
    assert rows["nap", "ITERATION_COMPLETED"][0] == pytest.approx(
        sum(times[Events.ITERATION_COMPLETED]["nap"]), abs=1e-5
    )
    assert rows["Total", ""][0] == pytest.approx(
        sum(sum(ran) for per in times.values() for ran in per.values()), abs=1e-4
    )
    assert [one.handler for one in trainer.listeners(Events.EPOCH_STARTED)] == [nap]  # it is itself again


@pytest.mark.parametrize("leave", ["error", "terminate"])
def test_handlers_are_themselves_again_however_a_run_ends(leave):
    """An error and an end without `COMPLETED` take the profiler's hands off, too."""
    trainer = Engine(lambda engine, batch: 1 / batch)
    trainer.add_event_handler(Events.ITERATION_STARTED, nap)
    HandlersTimeProfiler().attach(trainer)
    if leave == "terminate":
        trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: trainer.terminate(skip_completed=True))
        trainer.run([1, 1])
    else:
        with pytest.raises(ZeroDivisionError):
            trainer.run([0])
    assert next(iter(trainer.listeners(Events.ITERATION_STARTED))).handler is nap


def test_a_handler_that_is_timed_can_be_removed():
    """Its handle takes it off in the middle of a run, and it is found as before."""
    trainer, seen = Engine(lambda engine, batch: None), []

    def once():
        seen.append(trainer.state.iteration)
        assert trainer.has_event_handler(once)
        handle.remove()

    handle = trainer.add_event_handler(Events.ITERATION_COMPLETED, once)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, nap)
    profiler = HandlersTimeProfiler()
    profiler.attach(trainer)
    trainer.run([0] * 3)
    assert seen == [1]
    assert len(profiler.event_handlers_times[Events.ITERATION_COMPLETED]["nap"]) == 3


@pytest.mark.parametrize("bounds", [{"max_iters": 5}, {"max_epochs": 1, "epoch_length": 3}])
@pytest.mark.parametrize("kind", [BasicTimeProfiler, HandlersTimeProfiler])
def test_any_length(kind, bounds, capsys):
    """Runs of iterations, without data or with data that does not tell its length, are measured and shown."""
    profiler = kind()
    run_with(profiler, data=iter(range(9)), **{"epoch_length": 5, **bounds})
    assert len(profiler.processing_times) == bounds.get("max_iters", 3)
    profiler.print_results(profiler.get_results())
    assert "nap" in capsys.readouterr().out


def test_tables_for_programs(tmp_path):
    """The files have a row for each iteration, or for each time that a handler ran."""
    basic, each = BasicTimeProfiler(), HandlersTimeProfiler()
    run_with(basic)
    run_with(each)
    basic.write_results(str(tmp_path / "basic.csv"))
    each.write_results(tmp_path / "each.csv")
    rows = list(csv.DictReader((tmp_path / "basic.csv").read_text().splitlines()))
    assert [(row["epoch"], row["iteration"]) for row in rows[3:5]] == [("1.0", "4.0"), ("2.0", "5.0")]
    assert all(float(row["processing_stats"]) >= NAP for row in rows)
    assert float(rows[0]["Event_EPOCH_STARTED"]) != float(rows[-1]["Event_EPOCH_STARTED"])
    rows = list(csv.DictReader((tmp_path / "each.csv").read_text().splitlines()))
    assert len(rows) == 8
    assert [float(row["Napping (ITERATION_COMPLETED)"]) >= NAP for row in rows] == [True] * 2 + [False] * 6


@pytest.mark.parametrize("kind", [BasicTimeProfiler, HandlersTimeProfiler])
def test_only_engines_are_measured(kind):
    """Anything else is told in a sentence."""
    with pytest.raises(TypeError, match=r"^A profiler is attached to an engine, got a int"):
        kind().attach(3)
