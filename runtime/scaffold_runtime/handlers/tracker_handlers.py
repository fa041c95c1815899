"""What is attached to a tracker's logger; the same handlers write to each of them."""

from typing import Any

from ..engine.engine import Engine
from .base_logger import (
    BaseHandler,
    BaseOptimizerParamsHandler,
    BaseOutputHandler,
    BaseWeightsHandler,
    BaseWeightsScalarHandler,
)
from .logged_values import flat_numbers


class OutputHandler(BaseOutputHandler):
    """Writes outputs, metrics and attributes; see `BaseOutputHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Writes them all at the global step.

        Raises:
            RuntimeError: the logger is no tracker's.
            TypeError: the global step is no whole number.
        """
        _check(logger, self)
        step = self.global_step_transform(engine, event_name)
        if not isinstance(step, int):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`global_step_transform` should give a whole number, got {step!r}.")
        logger.write(self.values(engine), step)


class OptimizerParamsHandler(BaseOptimizerParamsHandler):
    """Writes a parameter of the optimizer's groups; see `BaseOptimizerParamsHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Writes it for each group."""
        _check(logger, self)
        logger.write(self.values(), engine.state.get_event_attrib_value(event_name))


class WeightsScalarHandler(BaseWeightsScalarHandler):
    """Writes a number for each weight, its norm by default; see `BaseWeightsScalarHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Writes one for each weight."""
        _check(logger, self)
        kind = f"weights_{self.reduction.__name__}"
        values = {self.name_of(kind, name): self.reduction(weight.detach()) for name, weight in self.weights}
        logger.write(flat_numbers(values), engine.state.get_event_attrib_value(event_name))


class GradsScalarHandler(BaseWeightsScalarHandler):
    """Writes a number for each gradient, its norm by default; see `BaseWeightsScalarHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Writes one for each weight that has a gradient."""
        _check(logger, self)
        kind = f"grads_{self.reduction.__name__}"
        grads = [(name, weight.grad) for name, weight in self.weights]
        values = {self.name_of(kind, name): self.reduction(grad) for name, grad in grads if grad is not None}
        logger.write(flat_numbers(values), engine.state.get_event_attrib_value(event_name))


class WeightsHistHandler(BaseWeightsHandler):
    """Writes a histogram of each weight; see `BaseWeightsHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Writes one for each weight."""
        _check(logger, self)
        step = engine.state.get_event_attrib_value(event_name)
        for name, weight in self.weights:
            # A copy: the weights go on while the tracker's thread reads them.
            values = weight.detach().float().cpu().clone().numpy()
            logger.write_histogram(self.name_of("weights", name), values, step)


class GradsHistHandler(BaseWeightsHandler):
    """Writes a histogram of each gradient; see `BaseWeightsHandler` for its arguments."""

    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Writes one for each weight that has a gradient."""
        _check(logger, self)
        step = engine.state.get_event_attrib_value(event_name)
        for name, weight in self.weights:
            if weight.grad is not None:
                values = weight.grad.float().cpu().clone().numpy()
                logger.write_histogram(self.name_of("grads", name), values, step)


def _check(logger: object, handler: BaseHandler) -> None:
    if not hasattr(type(logger), "write_histogram"):
        raise RuntimeError(
            f"This `{type(handler).__name__}` writes to a tracker's logger, and was attached to a "
            f"`{type(logger).__name__}`, whose handlers are others."
        )
