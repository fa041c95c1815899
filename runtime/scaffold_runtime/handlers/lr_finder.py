"""A range test: a learning rate that grows from step to step, and the loss that it leads to."""

import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, cast

from torch.optim import Optimizer

from ..engine.engine import Engine
from .schedules.base import pyplot
from .schedules.optimizer_param import set_param
from .search.rate_range import RangeTest, check_arguments, rates_of_groups
from .search.trial import as_if_never_run

Rates = float | list[float]


def _same(output: Any) -> Any:
    return output


class FastaiLRFinder:
    """Finds a learning rate: a short training, within `with`, whose rate grows until the loss diverges.

    The i-th of n iterations has the rate $a (b/a)^{i/n}$ between the ends a and b, or with `step_mode="linear"`
    $a + (b - a)(i - 1)/n$. It changes with the steps of the optimizer: batches that share one share the rate, and
    the mean of their losses stands beside it. A good rate is where the loss falls fastest, which `lr_suggestion`
    tells. Afterwards all is as if there had been no training: what is in `to_save`, the trainer's place and the random
    numbers, also if the training failed.

    Runs on:   `STARTED`, `ITERATION_STARTED`, `ITERATION_COMPLETED` and `COMPLETED` of the trainer, within `with`.
    Changes:   the learning rates; the length of the run, to `num_iter`.
    Saves:     nothing: a test that was killed is done anew.
    Processes: all of them do the same test; the loss is their mean, so all stop at the same iteration.

    Example:
        >>> import torch
        >>> from ..engine.supervised import create_supervised_trainer
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Linear(1, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
        >>> trainer = create_supervised_trainer(model, optimizer, torch.nn.functional.mse_loss)
        >>> data = [(torch.randn(8, 1), torch.randn(8, 1) + 9) for _ in range(100)]
        >>> finder = FastaiLRFinder()
        >>> with finder.attach(trainer, {"model": model, "optimizer": optimizer}, end_lr=10.0) as test:
        ...     _ = test.run(data)
        >>> 0.01 < finder.lr_suggestion() < 1.0
        True
        >>> optimizer.param_groups[0]["lr"]
        0.001

    References:
        Smith, Cyclical Learning Rates for Training Neural Networks, 2017.
    """

    def __init__(self) -> None:
        self._history: dict[str, list[Any]] = {}

    @contextmanager
    def attach(
        self,
        trainer: Engine[Any, Any],
        to_save: Mapping[str, Any],
        output_transform: Callable[[Any], Any] = _same,
        num_iter: int | None = None,
        start_lr: Rates | None = None,
        end_lr: Rates = 10.0,
        step_mode: Literal["exp", "linear"] = "exp",
        smooth_f: float = 0.05,
        diverge_th: float = 5.0,
    ) -> Generator[Engine[Any, Any]]:
        """Within it, the next run of the trainer is a range test.

        Args:
            trainer: whose run.
            to_save: what is put back: "optimizer", and the model and whatever else the training changes, by name.
            output_transform: of the trainer's output, to the loss.
            num_iter: iterations of the test; those of the run that is asked for if not given.
            start_lr: the rate at the start, of all groups or one for each; the optimizer's if not given.
            end_lr: the rate at the end, likewise.
            step_mode: whether rates grow by a factor ("exp") or by an amount ("linear").
            smooth_f: what each loss adds to their moving average; 0 for the losses as they are.
            diverge_th: the test ends where the loss is so many times as large as the best one.

        Yields:
            The trainer.

        Raises:
            TypeError: `to_save` is no mapping of objects with a state, or a rate is no number.
            ValueError: it has no optimizer, or a number is out of its range.
        """
        optimizer = check_arguments(to_save, smooth_f, diverge_th, step_mode, num_iter)
        own = [group["lr"] for group in optimizer.param_groups]
        starts = rates_of_groups("start_lr", own if start_lr is None else start_lr, optimizer)
        ends = rates_of_groups("end_lr", end_lr, optimizer)
        if any(start >= end for start, end in zip(starts, ends, strict=True)):
            raise ValueError(f"`start_lr` should be below `end_lr`, got {starts} and {ends}.")
        test = RangeTest(
            optimizer, output_transform, num_iter, starts, ends, step_mode == "linear", smooth_f, diverge_th
        )
        with as_if_never_run(trainer, to_save), test.attached(trainer):
            self._history = test.history
            yield trainer

    def get_results(self) -> dict[str, list[Any]]:
        """The rates ("lr") and losses ("loss") of the test's steps; a list of rates where there are several groups."""
        return self._history

    def lr_suggestion(self) -> Any:
        """The rate where the loss falls fastest, on its way to the least one; one for each group if there are several.

        Raises:
            RuntimeError: there has been no test, or its losses do not fall.
        """
        if not self._history.get("loss"):
            raise RuntimeError("There has been no range test: run the trainer within `with finder.attach(...)`.")
        losses = self._history["loss"]
        least = losses.index(min(losses))
        if least < 2:
            raise RuntimeError(
                f"The loss is least at step {least + 1} of {len(losses)}: it does not fall before it rises. Begin with "
                "a smaller `start_lr`, or take more iterations."
            )
        slopes = [losses[place + 1] - losses[place - 1] for place in range(1, least)]
        return self._history["lr"][1 + slopes.index(min(slopes))]

    def apply_suggested_lr(self, optimizer: Optimizer) -> None:
        """Sets the suggested rates.

        Raises:
            RuntimeError: the optimizer has another number of groups than the one of the test.
        """
        suggested = self.lr_suggestion()
        rates = _as_list(suggested)
        if len(rates) != len(optimizer.param_groups):
            raise RuntimeError(
                f"The test was of an optimizer with {len(rates)} parameter groups, and this one has "
                f"{len(optimizer.param_groups)}."
            )
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            set_param(group, "lr", rate)

    def plot(
        self,
        skip_start: int = 10,
        skip_end: int = 5,
        log_lr: bool = True,
        display_suggestion: bool = True,
        ax: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Draws losses over rates with matplotlib, and shows the picture where there is a screen.

        Args:
            skip_start: steps to leave out at the start.
            skip_end: steps to leave out at the end.
            log_lr: a logarithmic axis.
            display_suggestion: mark the suggested rates.
            ax: the axes to draw on; new ones if not given.
            **kwargs: for `matplotlib.pyplot.subplots`.

        Returns:
            The axes.

        Raises:
            ModuleNotFoundError: `matplotlib` is not installed.
            RuntimeError: there has been no test.
            ValueError: a number of steps is negative.
        """
        plt = pyplot("FastaiLRFinder.plot")
        if not self._history.get("loss"):
            raise RuntimeError("There has been no range test: run the trainer within `with finder.attach(...)`.")
        if skip_start < 0 or skip_end < 0:
            raise ValueError(f"`skip_start` and `skip_end` are numbers of steps, got {skip_start} and {skip_end}.")
        if ax is None:
            _, ax = plt.subplots(**kwargs)
        rates, losses = self._history["lr"], self._history["loss"]
        shown = slice(skip_start, len(rates) - skip_end)
        ax.plot(rates[shown], losses[shown])
        if display_suggestion:
            self._mark(ax, self.lr_suggestion(), shown)
        if log_lr:
            ax.set_xscale("log")
        ax.set_xlabel("Learning rate")
        ax.set_ylabel("Loss")
        if getattr(ax.figure.canvas, "required_interactive_framework", None):
            plt.show()
        return ax

    def _mark(self, ax: Any, suggested: Any, shown: slice) -> None:
        place = self._history["lr"].index(suggested)
        if place < shown.start:
            warnings.warn(
                f"The suggested rate is that of step {place + 1}, which `skip_start={shown.start}` leaves out.",
                stacklevel=3,
            )
        for group, rate in enumerate(_as_list(suggested)):
            label = f"suggested lr for param_groups {group}"
            ax.scatter(rate, self._history["loss"][place], s=75, marker="o", zorder=3, label=label)
        ax.legend()


def _as_list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
