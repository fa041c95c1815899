"""Kills a run at random instants and starts it again with the same command until it ends, as often as is asked for."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from tests.projects import GeneratedProject

from .comparison import differences
from .instants import PATIENCE_SECONDS, Pace, unfinished, wait_for_end, wait_for_instant
from .mishaps import damage_newest, full, own_disk
from .processes import Processes
from .scenarios import Scenario

KILLS_PER_RUN = 12
"""After so many the run is left alone to its end, and the next run begins."""

WAYS_TO_TELL = ((signal.SIGTERM, 1), (signal.SIGTERM, 2), (signal.SIGUSR1, 1), (signal.SIGINT, 1))
"""Signals to all processes of a run, and how often: the second is the echo of the first."""


@dataclass
class Outcome:
    """What a scenario came to.

    Attributes:
        scenario: its name.
        kills: kills of all processes of a run at once.
        in_write: of these, those that left an unfinished checkpoint behind.
        restarts: starts after kills.
        resumed: starts that went on from a checkpoint.
        runs: runs that came to their end.
        differences: what was not as in the untouched run.
        seconds: in all.
    """

    scenario: str
    kills: int = 0
    in_write: int = 0
    restarts: int = 0
    resumed: int = 0
    runs: int = 0
    differences: list[str] = field(default_factory=list[str])
    seconds: float = 0.0


def storm(
    project: GeneratedProject,
    scenario: Scenario,
    seed: int,
    *,
    on_kill: Callable[[], object] = lambda: None,
    on_run: Callable[[str], object] = lambda line: None,
) -> Outcome:
    """Kills runs of the scenario until it has borne its number of kills, and compares each with an untouched one.

    Args:
        project: whose `train` is run.
        scenario: what is run.
        seed: of the instants.
        on_kill: called after each kill.
        on_run: called with a line after each run.
    """
    outputs = project.folder / "outputs" / _folder_of(scenario)
    with own_disk(outputs) if scenario.mishap == "full" else nullcontext():
        return _storm(project, scenario, seed, on_kill, on_run)


def _storm(
    project: GeneratedProject,
    scenario: Scenario,
    seed: int,
    on_kill: Callable[[], object],
    on_run: Callable[[str], object],
) -> Outcome:
    draw = random.Random(seed)
    began = time.monotonic()
    outcome = Outcome(scenario.name)
    untouched = Trial(project, scenario, "untouched")
    pace = untouched.run_alone()
    on_run(f"untouched, {pace.start:.1f} s to its first checkpoint, {pace.training:.1f} s from there")
    while outcome.kills < scenario.kills:
        trial = Trial(project, scenario, f"storm-{outcome.runs}")
        budget = min(KILLS_PER_RUN, scenario.kills - outcome.kills)
        while trial.kills < budget and trial.is_killed(draw, pace):
            on_kill()
        trial.run_alone()
        different = differences(untouched.run, trial.run, may_lack=scenario.mishap == "full")
        outcome.kills += trial.kills
        outcome.in_write += trial.kills_in_write
        outcome.restarts += trial.kills  # each is followed by a start, the last one by a start that is left alone
        outcome.resumed += trial.num_resumed
        outcome.runs += 1
        outcome.differences += different
        on_run(f"killed {trial.kills} times, {trial.kills_in_write} inside a write; {_summary(different)}")
    outcome.seconds = time.monotonic() - began
    return outcome


class Trial:
    """A run and the command that starts it and goes on with it."""

    def __init__(self, project: GeneratedProject, scenario: Scenario, name: str) -> None:
        outputs = project.folder / "outputs" / _folder_of(scenario) / name
        outputs.mkdir(parents=True)
        self.run = outputs / "run"
        self._project = project
        self._output = project.folder / "outputs" / f"{_folder_of(scenario)}-{name}.txt"  # on a disk that has space
        flags = ("--name", "run", "--output-dir", str(outputs), "--resume", "auto")
        self.kills = 0
        self.kills_in_write = 0
        self._command, self._scenario = scenario.command(project.package, *flags), scenario

    @property
    def num_resumed(self) -> int:
        """Starts that went on from a checkpoint."""
        return self._output.read_text().count("Going on from")

    def is_killed(self, draw: random.Random, pace: Pace) -> bool:
        """Starts it and kills it at some instant; False if it has ended before."""
        left_before = self._left()
        said_before = self._output.stat().st_size if self._output.exists() else 0
        with self.started() as processes, self._befallen(draw, pace):
            wait_for_instant(draw, processes, self.run / "checkpoints", pace)
            ended = processes.exit_code
            if ended == 1 and self._scenario.mishap == "twice":  # the other one has the run
                assert b"is under way" in self._output.read_bytes()[said_before:], self.told()
                ended = None
            if ended is None and self._scenario.is_told:
                kind, times = draw.choice(WAYS_TO_TELL)
                processes.tell(kind, times)
                wait_for_end(processes)
                self._check_departure(processes.exit_code, kind, self._output.read_bytes()[said_before:])
        if self._scenario.mishap == "full" and ended == 1:  # it says what is missing; the next start has space
            assert b"be written" in self._output.read_bytes()[said_before:], self.told()
            ended = None
        self._check(ended)
        if self._scenario.mishap == "damaged" and ended is None:
            damage_newest(draw, self.run / "checkpoints")
        self.kills += ended is None
        self.kills_in_write += ended is None and bool(self._left() - left_before)
        return ended is None

    @contextmanager
    def _befallen(self, draw: random.Random, pace: Pace) -> Generator[None]:
        """What the scenario has besides, while the processes run."""
        if self._scenario.mishap == "twice":
            with self.started():
                yield
        elif self._scenario.mishap == "full":
            time.sleep(draw.uniform(0, pace.start + pace.training / 2))
            with full(self.run.parent):
                yield
        else:
            yield

    def _check_departure(self, exit_code: int | None, kind: signal.Signals, said: bytes) -> None:
        """It ends as it is documented, and by the signal only if it had not begun to be a program of ours."""
        documented = 130 if kind == signal.SIGINT else 75
        is_begun = any(words in said for words in (b"Going on from", b"Stopping at", b"\nepoch "))
        others = () if is_begun else (-kind, 128 + kind)
        codes = (0, documented, 1 if self._scenario.launcher else documented, *others)
        assert exit_code in codes, f"{kind.name} ended the run with {exit_code}:\n{self.told()}"
        if exit_code == documented:
            # Python's tracker of resources, if another library has started it, ends of SIGUSR1 and is started again.
            tracebacks = said.count(b"Traceback") - said.count(b'resource_tracker.py", line')
            assert tracebacks == 0, f"{kind.name}:\n{self.told()}"

    def _left(self) -> set[tuple[str, int]]:
        """Unfinished files, by name and time; one that an earlier kill has left is still the same."""
        return {(path.name, path.stat().st_mtime_ns) for path in unfinished(self.run / "checkpoints")}

    def run_alone(self) -> Pace:
        """Starts it and leaves it alone to its end."""
        began = time.monotonic()
        with self.started() as processes:
            self.wait_for_checkpoint(processes)
            first = time.monotonic() - began
            while processes.exit_code is None:
                assert time.monotonic() - began < PATIENCE_SECONDS, f"The run hangs:\n{self.told()}"
                time.sleep(0.005)
            self._check(processes.exit_code)
        return Pace(start=first, training=time.monotonic() - began - first)

    def wait_for_checkpoint(self, processes: Processes) -> None:
        """Returns when there is one, or when the program has ended."""
        while processes.exit_code is None and not list((self.run / "checkpoints").glob("*.pt")):
            time.sleep(0.005)

    @contextmanager
    def started(self) -> Generator[Processes]:
        """The run's processes; what is left of them is killed at the end."""
        source, compiled = self._project.folder / "src", self._project.folder / ".compiled"
        environment = {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        # A start is mostly imports, so they are compiled once, whatever our own environment says.
        environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(compiled)}
        with self._output.open("ab") as output:
            processes = Processes(self._command, self._project.folder, environment, output, warm=self._scenario.warm)
        try:
            yield processes
        finally:
            processes.kill()

    def told(self) -> str:
        """The end of what its processes printed."""
        return self._output.read_text()[-6000:]

    def _check(self, exit_code: int | None) -> None:
        assert exit_code in (None, 0), f"The run ended with {exit_code}:\n{self.told()}"


def _folder_of(scenario: Scenario) -> str:
    return scenario.name.replace(" ", "-").replace(",", "")


def _summary(different: list[str]) -> str:
    return f"{len(different)} differences, the first: {different[0]}" if different else "the same to the bit"
