"""Programs that are told to leave: they save, go, and go on to the same end."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.warm_python import Program

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers import preemption
from scaffold_runtime.handlers.preemption import Departure, Preemption
from scaffold_runtime.handlers.terminate_on_nan import TerminateOnNan

Start = Callable[..., Program]
EPOCHS = 20
"""Of ten steps with a pause each: seconds in which a signal can come, also from a test that is kept waiting."""


def wait_until_it_trains(process: Program) -> None:
    """Returns when the program is in its first step."""
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("at "):
            return
    raise AssertionError("".join(lines))


def end_of(output: str) -> str:
    """What was learnt."""
    found = re.search(r"^end (\w+)$", output, re.MULTILINE)
    assert found, output
    return found[1]


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_saves_the_run_which_goes_on_to_the_same_end(
    kind: signal.Signals, tmp_path: Path, start_program: Start, run_program: Callable[..., list[str]]
) -> None:
    """After the signal the program leaves with code 75, and the same command ends with the bits of an untouched run."""
    untouched = end_of(run_program("training_run.py", tmp_path / "untouched", EPOCHS)[0])
    process = start_program("training_run.py", tmp_path / "run", EPOCHS, "--pause", 0.02)
    wait_until_it_trains(process)
    process.send_signal(kind)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 75, output
    assert f"Signal {kind.name} came: the run is saved at iteration" in output
    assert end_of(run_program("training_run.py", tmp_path / "run", EPOCHS)[0]) == untouched


def send_twice(processes: list[Program]) -> None:
    """SIGTERM to all that belongs to these programs, and its echo."""
    for _ in range(2):
        for process in processes:
            os.killpg(process.pid, signal.SIGTERM)
        time.sleep(0.05)


def wait_for(line: str, process: Program) -> list[str]:
    """Returns what has been printed when a line begins so."""
    lines: list[str] = []
    for each in process.stdout:
        lines.append(each)
        if each.startswith(line):
            return lines
    raise AssertionError("".join(lines))


def validations(lines: list[str]) -> list[str]:
    """What was measured."""
    return [line.strip() for line in lines if line.startswith("validated")]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_signal_to_the_group_ends_neither_workers_nor_waits_for_a_validation(
    processes: int,
    tmp_path: Path,
    start_program: Start,
    start_together: Callable[..., list[Program]],
    run_program: Callable[..., list[str]],
) -> None:
    """SIGTERM and its echo reach loaders' workers too, in training and in a validation, which is done again: 75."""
    flags = (3, "--workers", processes, "--validate", 0, *(("--backend", "gloo") if processes > 1 else ()))
    untouched = run_program("training_run.py", tmp_path / "untouched", *flags, processes=processes)[0]
    seen: list[str] = []
    for slow, line in ((("--pause", 0.05), "at "), (("--validate", 0.5), "validates 2")):
        program = ("training_run.py", tmp_path / "run", *flags, *slow)
        running = start_together(*program, processes=processes) if processes > 1 else [start_program(*program)]
        for rank, process in enumerate(running):
            seen += wait_for(line, process) if rank == 0 else wait_for(line, process)[:0]
        send_twice(running)
        outputs = [process.communicate(timeout=50)[0] for process in running]
        seen += outputs[0].splitlines()
        assert [process.returncode for process in running] == [75] * processes, outputs
    resumed = run_program("training_run.py", tmp_path / "run", *flags, processes=processes)[0]
    assert end_of(resumed) == end_of(untouched)
    assert validations(seen + resumed.splitlines()) == validations(untouched.splitlines())


def test_a_signal_to_one_of_two_processes_saves_both_at_one_iteration(
    tmp_path: Path, start_together: Callable[..., list[Program]], run_program: Callable[..., list[str]]
) -> None:
    """The other process learns of it; both leave with code 75, and two go on to the end of two untouched ones."""
    command: tuple[Any, ...] = ("training_run.py", tmp_path / "run", EPOCHS, "--backend", "gloo")
    untouched = run_program("training_run.py", tmp_path / "untouched", EPOCHS, "--backend", "gloo", processes=2)
    processes = start_together(*command, "--pause", 0.05, processes=2)
    for process in processes:
        wait_until_it_trains(process)
    processes[1].send_signal(signal.SIGUSR1)
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [75, 75], outputs
    saved = [re.findall(r"saved at iteration (\d+)", output) for output in outputs]
    assert (len(saved[0]), saved[1]) == (1, []), outputs  # one sentence
    resumed = run_program(*command, processes=2)
    assert f"from {saved[0][0]}" in resumed[0]
    assert end_of(resumed[0]) == end_of(resumed[1]) == end_of(untouched[0])


@pytest.mark.parametrize(("first", "pause"), [(signal.SIGTERM, 1.2), (signal.SIGUSR1, 0.2)])
def test_a_second_signal_ends_the_program_at_once(
    first: signal.Signals, pause: float, tmp_path: Path, start_program: Start
) -> None:
    """Somebody cannot wait for the step to end: who sends a signal again, or SLURM after its warning."""
    process = start_program("training_run.py", tmp_path, 3, "--pause", 60)
    wait_until_it_trains(process)
    process.send_signal(first)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=pause)
    while process.returncode is None:  # on a busy machine the first is heard so late that the second may be its echo
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=pause)
    assert process.returncode == 128 + signal.SIGTERM


def test_an_echo_is_no_second_signal() -> None:
    """A signal that comes from its sender and, a moment later, from a launcher too, saves the run as one does."""

    def step(engine: Engine[Any, Any], batch: int) -> None:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)

    trainer: Engine[Any, Any] = Engine(step)
    saved: list[int] = []
    Preemption(lambda engine: saved.append(engine.state.iteration)).attach(trainer)
    with pytest.raises(Departure):
        trainer.run([0, 1])
    assert saved == [1]


@pytest.mark.parametrize(("epoch_length", "steps_of_validation"), [(None, 4), (2, 1)])
def test_a_validation_amid_an_epoch(epoch_length: int | None, steps_of_validation: int) -> None:
    """It is waited for, because the step's other handlers come after it; as the end of a short epoch it is left."""
    validated: list[int] = []
    evaluator: Engine[Any, Any] = Engine(lambda engine, batch: validated.append(batch))
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    saved: list[int] = []
    Preemption(lambda engine: saved.append(engine.state.iteration)).attach(trainer, evaluator)
    event = Events.ITERATION_COMPLETED(every=2) if epoch_length is None else Events.EPOCH_COMPLETED
    trainer.add_event_handler(event, lambda: evaluator.run(range(4)))
    evaluator.add_event_handler(Events.ITERATION_COMPLETED(once=1), lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Departure):
        trainer.run(range(6), epoch_length=epoch_length)
    assert (len(validated), saved) == (steps_of_validation, [2 if epoch_length else 3])


def test_a_system_that_lacks_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows says nothing of a process that has ended: a run there is saved as elsewhere."""
    monkeypatch.delattr(signal, "SIGCHLD")
    monkeypatch.setattr(preemption, "SIGCHLD", 0)
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: signal.raise_signal(signal.SIGINT))
    saved: list[int] = []
    Preemption(lambda engine: saved.append(engine.state.iteration)).attach(trainer)
    with pytest.raises(Departure):
        trainer.run([0, 1])
    assert saved == [1]


def test_a_run_that_is_broken_is_not_said_to_be_saved(caplog: pytest.LogCaptureFixture) -> None:
    """A NaN and a signal in one iteration: the run ends, and asks nobody to start it again to find the same NaN."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: signal.raise_signal(signal.SIGTERM) or math.nan)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())
    saved: list[int] = []
    Preemption(lambda engine: saved.append(engine.state.iteration)).attach(trainer)
    assert trainer.run([0, 1]).iteration == 1
    assert saved == []
    assert "is saved" not in caplog.text


def test_signals_are_those_of_before_when_the_run_is_over() -> None:
    """However a run ends, its signal handlers go with it."""
    before = signal.SIG_IGN
    signal.signal(signal.SIGUSR1, before)
    during: list[Any] = []

    def step(engine: Engine[Any, Any], batch: int) -> None:
        during.append(signal.getsignal(signal.SIGUSR1))
        if batch == 1:
            raise ValueError("a step failed")

    for data in ([0], [0, 1]):
        trainer: Engine[Any, Any] = Engine(step)
        Preemption(lambda engine: None).attach(trainer)
        if data == [0]:
            trainer.run(data)
        else:
            with pytest.raises(ValueError, match="a step failed"):
                trainer.run(data)
        assert during[-1] != before
        assert signal.getsignal(signal.SIGUSR1) == before


def test_the_exit_code_can_be_chosen() -> None:
    """A scheduler that wants another code gets it."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: signal.raise_signal(signal.SIGUSR1))
    saved: list[int] = []
    Preemption(lambda engine: saved.append(engine.state.iteration), exit_code=85).attach(trainer)
    with pytest.raises(Departure) as caught:
        trainer.run([0, 1])
    assert (caught.value.code, saved) == (85, [1])


def test_a_trainer_in_another_thread_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Python gives signals to the main thread only; elsewhere the run goes on, and says that it will not hear them."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    Preemption(lambda engine: None).attach(trainer)
    thread = threading.Thread(target=trainer.run, args=([0, 1],))
    thread.start()
    thread.join()
    assert trainer.state.iteration == 2
    assert caplog.messages == [
        "Python gives signals to the main thread, and this run is in another one: "
        "SIGTERM, SIGUSR1, SIGINT will not save it."
    ]


def test_one_process_is_not_asked_before_a_signal_comes() -> None:
    """A step of a run that nobody wants to end pays nothing; a signal among its handlers is seen after the next one."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    saved: list[int] = []
    leaves = Preemption(lambda engine: saved.append(engine.state.iteration))
    leaves.attach(trainer)
    trainer.run([0, 1])
    assert not trainer.has_event_handler(leaves, Events.ITERATION_COMPLETED)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda: signal.raise_signal(signal.SIGUSR1))
    with pytest.raises(Departure):
        trainer.run([0, 1, 2, 3], max_epochs=1)
    assert saved == [3]
