"""Stops a training that does not get better."""

import logging
import math
import warnings
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..engine.engine import Engine
from ..engine.events import Events

Mode = Literal["min", "max"]
ThresholdMode = Literal["abs", "rel"]


OLDER = {"min_delta": "threshold", "min_delta_mode": "threshold_mode", "cumulative_delta": "cumulative"}
"""What PyTorch-Ignite called some of the attributes before 0.5.5."""


def _warn_of(older: str, *, stacklevel: int) -> None:
    warnings.warn(f"`{older}` is an older name of `{OLDER[older]}`.", DeprecationWarning, stacklevel=stacklevel + 1)


def _renamed(older: str) -> property:
    def read(stopping: Any) -> Any:
        _warn_of(older, stacklevel=2)
        return getattr(stopping, OLDER[older])

    def write(stopping: Any, value: Any) -> None:
        _warn_of(older, stacklevel=2)
        setattr(stopping, OLDER[older], value)

    return property(read, write)


class EarlyStopping:
    """Stops the trainer when a score has not improved for `patience` validations.

    A score that is not a number is no improvement.

    Runs on:   the event it is attached to, usually `COMPLETED` of the evaluator.
    Changes:   calls `trainer.terminate()`; never touches the model.
    Saves:     `counter`, `best_score` and `threshold_mode`, so a resumed run keeps counting.
    Processes: the score is already synchronised, so every rank stops at the same epoch.

    Args:
        patience: validations without improvement that are borne.
        score_function: of the engine it is attached to.
        trainer: what is stopped.
        threshold: an improvement is more than this much better.
        cumulative: measure improvements from the last improvement; otherwise from the best score seen since.
        threshold_mode: the threshold is an amount, or a fraction of the best score.
        mode: whether a greater or a smaller score is better.
        min_delta: an older name of `threshold`, with a warning.
        min_delta_mode: an older name of `threshold_mode`, likewise.
        cumulative_delta: an older name of `cumulative`, likewise.

    Raises:
        TypeError: the score is no function, or the trainer no engine.
        ValueError: an argument is out of its range.

    Example:
        >>> trainer = Engine(lambda engine, batch: None)
        >>> scores = iter([0.5, 0.6, 0.6, 0.55, 0.7])
        >>> stopping = EarlyStopping(patience=2, score_function=lambda engine: next(scores), trainer=trainer)
        >>> _ = trainer.add_event_handler(Events.EPOCH_COMPLETED, stopping)
        >>> trainer.run([0], max_epochs=5).epoch
        4
    """

    def __init__(
        self,
        patience: int,
        score_function: Callable[[Engine[Any, Any]], float],
        trainer: Engine[Any, Any],
        threshold: float = 0.0,
        cumulative: bool = False,
        threshold_mode: ThresholdMode = "abs",
        mode: Mode = "max",
        min_delta: float | None = None,
        min_delta_mode: ThresholdMode | None = None,
        cumulative_delta: bool | None = None,
    ) -> None:
        if not callable(score_function):
            raise TypeError(f"`score_function` should be a function of the engine, got {score_function!r}.")
        if not isinstance(trainer, Engine):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`trainer` should be an engine, got a {type(trainer).__name__}.")
        for older, given in zip(OLDER, (min_delta, min_delta_mode, cumulative_delta), strict=True):
            if given is not None:
                _warn_of(older, stacklevel=2)
        threshold = threshold if min_delta is None else min_delta
        threshold_mode = min_delta_mode or threshold_mode
        cumulative = cumulative if cumulative_delta is None else cumulative_delta
        if patience < 1:
            raise ValueError(f"`patience` should be at least 1, got {patience}.")
        if threshold < 0:
            raise ValueError(f"`threshold` should not be negative, got {threshold}.")
        for name, value, known in (("threshold_mode", threshold_mode, ("abs", "rel")), ("mode", mode, ("min", "max"))):
            if value not in known:
                raise ValueError(f"`{name}` should be '{known[0]}' or '{known[1]}', got {value!r}.")
        self.patience = patience
        self.score_function = score_function
        self.trainer: Engine[Any, Any] = weakref.proxy(trainer)  # which has this among its handlers
        self.threshold = threshold
        self.cumulative = cumulative
        self.threshold_mode: ThresholdMode = threshold_mode
        self.mode: Mode = mode
        self.counter = 0
        self.best_score: float | None = None
        self._was_loaded = False

    min_delta, min_delta_mode, cumulative_delta = map(_renamed, OLDER)

    def __call__(self, engine: Engine[Any, Any]) -> None:
        """Looks at the score, and stops the trainer if patience is at its end."""
        score = float(self.score_function(engine))
        if self.best_score is None or math.isnan(self.best_score):
            self.best_score = score
        elif self._improves(score, self.best_score):
            self.best_score, self.counter = score, 0
        else:
            if not self.cumulative:
                self.best_score = (max if self.mode == "max" else min)(self.best_score, score)
            self.counter += 1
            if self.counter >= self.patience:
                logging.getLogger(__name__).info("No improvement for %d validations: training stops.", self.counter)
                self.trainer.terminate()

    def _improves(self, score: float, best: float) -> bool:
        margin = self.threshold if self.threshold_mode == "abs" else abs(best) * self.threshold
        return score > best + margin if self.mode == "max" else score < best - margin

    def attach(
        self,
        engine: Engine[Any, Any],
        event: Any = Events.COMPLETED,
        reset_engine: Engine[Any, Any] | None = None,
        reset_event: Any = Events.STARTED,
    ) -> None:
        """Looks at every `event` of `engine`; a new run of the trainer, but no resumed one, counts from the start.

        Args:
            engine: whose score counts.
            event: when there is a score.
            reset_engine: whose new runs reset the count; the trainer if not given.
            reset_event: when a run begins.
        """
        engine.add_event_handler(event, self)
        (reset_engine or self.trainer).add_event_handler(reset_event, self._reset_if_new)

    def _reset_if_new(self, engine: Engine[Any, Any]) -> None:
        if engine.state.iteration == 0:
            self.reset()

    def reset(self) -> None:
        """Forgets all scores."""
        self.counter = 0
        self.best_score = None

    def state_dict(self) -> dict[str, Any]:
        """How long it has borne what."""
        return {"counter": self.counter, "best_score": self.best_score, "threshold_mode": self.threshold_mode}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on counting from a saved state."""
        self.counter = state_dict["counter"]
        self.best_score = state_dict["best_score"]
        self.threshold_mode = state_dict.get("threshold_mode", self.threshold_mode)
        if self.counter >= self.patience:  # saved on its way out: the run that goes on goes no further
            self._was_loaded = True
            self.trainer.add_event_handler(Events.STARTED, self._stop_if_loaded)

    def _stop_if_loaded(self) -> None:
        if self._was_loaded and self.counter >= self.patience:
            self.trainer.terminate()
        self._was_loaded = False
