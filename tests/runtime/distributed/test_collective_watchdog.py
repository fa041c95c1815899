"""Nothing hangs: what processes say when one of them fails, stays away or goes."""

from __future__ import annotations

import re

import pytest
from tests.runtime.distributed.processes import PROGRAMS, python, torchrun
from torch.distributed import HashStore  # pyright: ignore[reportPrivateImportUsage]  # torch documents it so

from scaffold_runtime.distributed import collective_watchdog
from scaffold_runtime.distributed.comp_models.base import ComputationModel
from scaffold_runtime.exceptions import CollectiveError

pytestmark = pytest.mark.slow

CALL = next(
    number
    for number, line in enumerate((PROGRAMS / "failing.py").read_text().splitlines(), 1)
    if "LINE OF THE CALL" in line
)


def fails(launcher: str, *command: object) -> str:
    """What the program says to standard error, soon: left alone it would sleep longer than anybody waits for it."""
    arguments = ("failing.py", *command, "--backend", "gloo")
    done = python(*arguments, "--spawn", 2, check=False) if launcher == "spawn" else torchrun(*arguments, check=False)
    assert done.returncode == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("launcher", ["spawn", "torchrun"])
def test_the_traceback_of_the_rank_that_failed_comes_first(launcher: str) -> None:
    """When rank 1 raises, all end at once, and the first exception that one reads is rank 1's."""
    said = fails(launcher, "raises")
    errors = re.findall(r"^(?:\[rank\d\]: )?(\w+Error): ", said, flags=re.MULTILINE)
    assert errors[0] == "KeyError"
    assert "my own mistake" in said
    assert ("Rank 1 failed; the others were ended." if launcher == "spawn" else "This was rank 1 of 2.") in said


@pytest.mark.parametrize("launcher", ["spawn", "torchrun"])
def test_a_call_that_some_ranks_do_not_make(launcher: str) -> None:
    """A collective of rank 0 alone is named at its timeout: the call, the rank, the file and the line."""
    said = fails(launcher, "waits", "--timeout", 5)  # it is the patience of the rendezvous too
    place = f"{PROGRAMS / 'failing.py'}:{CALL}"
    assert f"Rank 0 waited in `all_reduce`, called at {place}, until the timeout" in said


def test_a_process_that_has_finished() -> None:
    """Who waits for a process that came to its end is told so, not left until the timeout."""
    assert re.search(
        r"Rank 0 was in `barrier`, called at .*failing\.py:\d+, when another process ended", fails("spawn", "leaves")
    )


def test_a_rank_with_fewer_batches() -> None:
    """Who trains on when another one has come to its end, or measures then, is told where both were."""
    assert (
        "Rank 0 was in iteration 9 of epoch 2 when another process ended.\n"
        "Hint:  Rank 1 had ended its run after iteration 8 of epoch 2. "
        "Have all as many batches, and do they stop together (`TerminateTogether`)?"
    ) in fails("spawn", "fewer")
    assert re.search(
        r"Rank 1 waited in `all_gather`, called at .*failing\.py:\d+, until the timeout: .*\n"
        r"Hint:  Rank 0 (waited|was) in iteration 5 of epoch 1\.|"
        r"Rank 0 waited in iteration 5 of epoch 1 until the timeout: .*\n"
        r"Hint:  Rank 1 (waited|was) in `all_gather`, called at .*failing\.py:\d+\.",
        fails("spawn", "differs", "--timeout", 5),
    )


def test_a_timeout_elsewhere_is_no_end_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process's timeout closes the others' connections: nobody has ended, and none of them says so."""
    store = HashStore()
    store.set("idist/word/1", "waited in `barrier`, called at train.py:7")
    monkeypatch.setattr(collective_watchdog, "AFTER_YOU_SECONDS", 0.0)
    stop = collective_watchdog.watch(ComputationModel(world_size=2, store=store))
    with pytest.raises(CollectiveError) as raised:
        collective_watchdog.explain(RuntimeError("Connection closed by peer"), 0, "iteration 5 of epoch 1")
    assert str(raised.value) == (
        "Rank 0 waited in iteration 5 of epoch 1 until the timeout: not every process called it.\n"
        "Hint:  Rank 1 waited in `barrier`, called at train.py:7. "
        "Have all as many batches, and do they stop together (`TerminateTogether`)?"
    )
    stop()
    collective_watchdog.leave_word("a word of the next run, which is alone")
    assert store.get("idist/word/0") == b"was in iteration 5 of epoch 1"


def test_one_rank_may_save_alone() -> None:
    """At the end of an epoch the guard has looked on all: a checkpoint of rank 0 asks nobody again."""
    done = python("failing.py", "saves", "--backend", "gloo", "--spawn", 2)
    assert sorted(done.stdout.splitlines()) == ["0 ['model_10.pt']", "1 []"]


def test_a_warning_comes_before_the_timeout() -> None:
    """A long wait is said aloud while it lasts, with the rank, the call and the line; then the program goes on."""
    said = python("failing.py", "warns", "--backend", "gloo", "--spawn", 2).stderr
    assert re.search(r"Rank 0 has waited \d seconds in `barrier`, called at .*failing\.py:\d+: not every process", said)
    assert "Rank 1 has waited" not in said


def test_a_process_that_was_killed() -> None:
    """A killed process is named with its signal."""
    assert "Process 1 ended with SIGKILL (the kernel does so when memory runs out)" in fails("spawn", "dies")


def test_a_process_that_ignores_signals() -> None:
    """Who does not end when told is forced to."""
    assert "Rank 1 failed; the others were ended." in fails("spawn", "hangs")
