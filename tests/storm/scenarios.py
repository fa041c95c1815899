"""The runs that the storm goes over: small, with everything that has a state, on one process and on two."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Literal

SMALL = (
    *("--data.batch-size", "16", "--overfit-batches", "13", "--max-epochs", "6"),
    *("--model.width", "8", "--model.stages", "1"),
)
EVERYTHING = (
    *("--precision", "bf16", "--ema-momentum", "0.1", "--data.num-workers", "1"),
    *("--optimizer.gradient-accumulation-steps", "3", "--optimizer.clip-grad-norm", "1", "--checkpoint-every", "2"),
)
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


@dataclass(frozen=True)
class Scenario:
    """A run, and how often it is killed.

    Attributes:
        name: how the table calls it.
        flags: of the project's `train`.
        kills: how many it has to bear, over as many runs as that takes.
        launcher: words between the interpreter and `-m PACKAGE.train`.
        mishap: what befalls it besides: "damaged" (its newest state, after each kill), "full" (the disk, from some
            moment until it is killed), "twice" (the same command is started once more beside it).
        is_told: it is not killed but told to leave: SIGTERM, once or twice, SIGUSR1 or Ctrl-C to all its processes.
        warm: whether its processes have torch imported when they start; else a good part of the kills meets imports.
    """

    name: str
    flags: tuple[str, ...]
    kills: int
    launcher: tuple[str, ...] = ()
    mishap: Literal["", "damaged", "full", "twice"] = ""
    is_told: bool = False
    warm: bool = False

    def command(self, package: str, *flags: str) -> list[str]:
        """The words that start the run."""
        return [sys.executable, *self.launcher, "-m", f"{package}.train", *self.flags, *flags]

    def at_most(self, kills: int) -> Scenario:
        """The same with fewer kills."""
        return replace(self, kills=min(self.kills, kills))


SCENARIOS = (
    Scenario("one process, plain", (*SMALL, "--backend", "none"), kills=20),
    Scenario("one process, everything", (*SMALL, *EVERYTHING, "--backend", "none"), kills=40),
    Scenario("two, spawned", (*SMALL, *EVERYTHING, "--backend", "gloo", "--nproc-per-node", "2"), kills=18),
    Scenario("two, torchrun", (*SMALL, *EVERYTHING, "--backend", "gloo"), kills=18, launcher=TORCHRUN),
    Scenario("one process, told", (*SMALL, *EVERYTHING, "--backend", "none"), kills=24, is_told=True),
    Scenario("two, told", (*SMALL, *EVERYTHING, "--backend", "gloo", "--nproc-per-node", "2"), kills=12, is_told=True),
    Scenario("torchrun, told", (*SMALL, *EVERYTHING, "--backend", "gloo"), kills=8, launcher=TORCHRUN, is_told=True),
    Scenario("damaged", (*SMALL, *EVERYTHING, "--backend", "none"), kills=18, mishap="damaged"),
    Scenario("full disk", (*SMALL, *EVERYTHING, "--backend", "none"), kills=18, mishap="full"),
    Scenario("two at once", (*SMALL, *EVERYTHING, "--backend", "none"), kills=12, mishap="twice"),
)
"""Plain: fp32, a checkpoint at the end of each epoch. Everything: a loader's worker, windows of three batches, bf16,
clipping, an average of the weights, checkpoints within epochs. All have a schedule, validation and a best network."""
