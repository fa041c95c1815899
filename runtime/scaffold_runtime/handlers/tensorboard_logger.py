"""Curves and histograms for TensorBoard."""

from collections.abc import Callable
from functools import cached_property, partial
from importlib.util import find_spec
from typing import Any

from ..engine.engine import Engine
from ..engine.events import Events as Events  # of the example
from .base_logger import (
    BaseHandler,
    BaseLogger,
    BaseOptimizerParamsHandler,
    BaseOutputHandler,
    BaseWeightsHandler,
    BaseWeightsScalarHandler,
)
from .logged_values import global_step_from_engine as global_step_from_engine
from .logger_setup import Evaluators, MetricNames, Optimizers, set_up


class TensorboardLogger(BaseLogger):
    """Writes what its handlers collect to TensorBoard's event files.

    Runs on:   the events that its handlers are attached to.
    Changes:   files of `log_dir`, made when the first value comes.
    Saves:     nothing; a resumed run adds a file of its own beside the old ones.
    Processes: rank 0 writes.

    Args:
        *args: for `torch.utils.tensorboard.SummaryWriter`: `log_dir`.
        **kwargs: for it.

    Raises:
        ModuleNotFoundError: `tensorboard` is not installed.

    Example:
        >>> import tempfile
        >>> trainer = Engine(lambda engine, batch: batch / 2)
        >>> with tempfile.TemporaryDirectory() as folder, TensorboardLogger(log_dir=folder) as logger:
        ...     every_10 = Events.ITERATION_COMPLETED(every=10)
        ...     _ = logger.attach_output_handler(trainer, every_10, tag="training", output_transform=lambda loss: loss)
        ...     _ = trainer.run(range(20))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._arguments = (args, kwargs)
        if find_spec("tensorboard") is None:  # a clear error now, not at the first value
            raise ModuleNotFoundError(
                "`TensorboardLogger` needs the package `tensorboard`, which is not installed: "
                "`pip install tensorboard`."
            )

    @cached_property
    def writer(self) -> Any:
        """The `SummaryWriter`."""
        from torch.utils.tensorboard.writer import SummaryWriter

        args, kwargs = self._arguments
        return SummaryWriter(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        """What the logger has not, the writer has: `logger.add_image(...)`."""
        if name == "writer" or name.startswith("_"):  # there is none, or `copy` and `pickle` look before there is one
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return getattr(self.writer, name)

    def close(self) -> None:
        """Writes what is left and closes the file."""
        if "writer" in vars(self):
            self.writer.close()

    def _create_output_handler(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return OutputHandler(*args, **kwargs)

    def _create_opt_params_handler(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return OptimizerParamsHandler(*args, **kwargs)


class OutputHandler(BaseOutputHandler):
    """Writes outputs, metrics and attributes; see `BaseOutputHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: TensorboardLogger, event_name: Any) -> None:
        """Writes them all at the global step.

        Raises:
            RuntimeError: the logger is another one.
            TypeError: the global step is no whole number.
        """
        _check(logger, self)
        step = self.global_step_transform(engine, event_name)
        if not isinstance(step, int):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`global_step_transform` should give a whole number, got {step!r}.")
        for name, value in self.values(engine).items():
            logger.writer.add_scalar(name, value, step)


class OptimizerParamsHandler(BaseOptimizerParamsHandler):
    """Writes a parameter of the optimizer's groups; see `BaseOptimizerParamsHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: TensorboardLogger, event_name: Any) -> None:
        """Writes it for each group."""
        _check(logger, self)
        step = engine.state.get_event_attrib_value(event_name)
        for name, value in self.values().items():
            logger.writer.add_scalar(name, value, step)


class WeightsScalarHandler(BaseWeightsScalarHandler):
    """Writes a number for each weight, its norm by default; see `BaseWeightsScalarHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: TensorboardLogger, event_name: Any) -> None:
        """Writes one for each weight."""
        _check(logger, self)
        step = engine.state.get_event_attrib_value(event_name)
        kind = f"weights_{self.reduction.__name__}"
        for name, weight in self.weights:
            logger.writer.add_scalar(self.name_of(kind, name), self.reduction(weight.detach()), step)


class GradsScalarHandler(BaseWeightsScalarHandler):
    """Writes a number for each gradient, its norm by default; see `BaseWeightsScalarHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: TensorboardLogger, event_name: Any) -> None:
        """Writes one for each weight that has a gradient."""
        _check(logger, self)
        step = engine.state.get_event_attrib_value(event_name)
        kind = f"grads_{self.reduction.__name__}"
        for name, weight in self.weights:
            if weight.grad is not None:
                logger.writer.add_scalar(self.name_of(kind, name), self.reduction(weight.grad), step)


class WeightsHistHandler(BaseWeightsHandler):
    """Writes a histogram of each weight; see `BaseWeightsHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: TensorboardLogger, event_name: Any) -> None:
        """Writes one for each weight."""
        _check(logger, self)
        step = engine.state.get_event_attrib_value(event_name)
        for name, weight in self.weights:
            values = weight.detach().float().cpu().numpy()
            logger.writer.add_histogram(tag=self.name_of("weights", name), values=values, global_step=step)


class GradsHistHandler(BaseWeightsHandler):
    """Writes a histogram of each gradient; see `BaseWeightsHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: TensorboardLogger, event_name: Any) -> None:
        """Writes one for each weight that has a gradient."""
        _check(logger, self)
        step = engine.state.get_event_attrib_value(event_name)
        for name, weight in self.weights:
            if weight.grad is not None:
                values = weight.grad.float().cpu().numpy()
                logger.writer.add_histogram(tag=self.name_of("grads", name), values=values, global_step=step)


def _check(logger: object, handler: BaseHandler) -> None:
    if not isinstance(logger, TensorboardLogger):
        raise RuntimeError(
            f"This `{type(handler).__name__}` writes to a `TensorboardLogger`, and was attached to a "
            f"`{type(logger).__name__}`, whose handlers are others."
        )


def setup_tb_logging(
    output_path: str,
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> TensorboardLogger:
    """Logs what one usually wants: training output and metrics, learning rates, and metrics of evaluators.

    The logger closes when the trainer has completed, or stopped with an error.

    Args:
        output_path: the folder of event files.
        trainer: its output and metrics are written every `log_every_iters` iterations, under "training".
        optimizers: one, or several by name; their learning rates.
        evaluators: one, or several by name; all their metrics each time they complete, at the trainer's epoch.
        log_every_iters: iterations between two points.
        trainer_metric_names: the trainer's metrics that are written.
        evaluator_metric_names: the evaluators' metrics that are written.
        **kwargs: for `TensorboardLogger`.

    Returns:
        The logger, to attach more to.

    Raises:
        TypeError: the optimizers or evaluators are none.
    """
    names = (trainer_metric_names, evaluator_metric_names)
    make = partial(TensorboardLogger, output_path, **kwargs)
    return set_up(make, trainer, optimizers, evaluators, log_every_iters, *names)
