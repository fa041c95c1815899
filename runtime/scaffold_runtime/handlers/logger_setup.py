"""What one usually wants to log, attached to any logger in one call."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from torch.optim import Optimizer

from ..engine.engine import Engine
from ..engine.events import Events
from .base_logger import BaseLogger
from .logged_values import global_step_from_engine

Optimizers: TypeAlias = Optimizer | Mapping[str | None, Optimizer] | None
Evaluators: TypeAlias = Engine[Any, Any] | Mapping[str, Engine[Any, Any]] | None
MetricNames: TypeAlias = str | list[str]
LoggerT = TypeVar("LoggerT", bound=BaseLogger)


def set_up(
    make: Callable[[], LoggerT],
    trainer: Engine[Any, Any],
    optimizers: Optimizers,
    evaluators: Evaluators,
    log_every_iters: int,
    trainer_metric_names: MetricNames,
    evaluator_metric_names: MetricNames,
) -> LoggerT:
    """Logs training output and metrics, learning rates, and metrics of evaluators.

    The logger closes when the trainer has completed, or stopped with an error.

    Args:
        make: gives the logger.
        trainer: its output and metrics are written every `log_every_iters` iterations, under "training".
        optimizers: one, or several by name; their learning rates.
        evaluators: one, or several by name; all their metrics each time they complete, at the trainer's epoch.
        log_every_iters: iterations between two points.
        trainer_metric_names: the trainer's metrics that are written.
        evaluator_metric_names: the evaluators' metrics that are written.

    Raises:
        TypeError: the optimizers or evaluators are none; there is no logger then.
    """
    for name, kind, given in (("optimizers", Optimizer, optimizers), ("evaluators", Engine, evaluators)):
        if given is not None and not isinstance(given, (kind, Mapping)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"`{name}` should be one, or several by name; got {given!r}.")
    logger = make()
    now_and_then = Events.ITERATION_COMPLETED(every=log_every_iters)
    logger.attach_output_handler(
        trainer, now_and_then, tag="training", metric_names=trainer_metric_names, output_transform=losses_by_name
    )
    for name, optimizer in _by_name(optimizers, None):
        logger.attach_opt_params_handler(trainer, now_and_then, optimizer, tag=name)
    for name, evaluator in _by_name(evaluators, "validation"):
        step = global_step_from_engine(trainer)
        logger.attach_output_handler(
            evaluator, Events.COMPLETED, tag=name, metric_names=evaluator_metric_names, global_step_transform=step
        )
    trainer.add_event_handler(Events.COMPLETED, logger.close)
    trainer.add_event_handler(Events.EXCEPTION_RAISED, _close, logger)
    return logger


def _close(error: BaseException, logger: BaseLogger) -> None:
    logger.__exit__(type(error), error, error.__traceback__)


def losses_by_name(output: Any) -> dict[str, Any]:
    """A trainer's output as values by name."""
    if isinstance(output, dict):
        return output  # pyright: ignore[reportUnknownVariableType]  # the user's own
    return {} if output is None else {"output": output}


def _by_name(given: Any, name: str | None) -> list[tuple[Any, Any]]:
    if given is None:
        return []
    return list(given.items()) if isinstance(given, Mapping) else [(name, given)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # one or several of anything
