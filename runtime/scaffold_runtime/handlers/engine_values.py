"""Values of an engine, chosen to be logged."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from ..engine.engine import Engine
from .logged_values import flat_numbers


class LoggedValues:
    """Collects outputs, metrics and attributes of an engine.

    Args:
        tag: what the names begin with.
        metric_names: the metrics; "all" of them.
        output_transform: of the engine's output, to a value or values by name.
        state_attributes: attributes of the engine's state.

    Raises:
        TypeError: `metric_names` is neither a list nor "all", or `output_transform` is no function.
    """

    def __init__(
        self,
        tag: str,
        metric_names: str | list[str] | None = None,
        output_transform: Callable[[Any], Any] | None = None,
        state_attributes: list[str] | None = None,
    ) -> None:
        if metric_names is not None and metric_names != "all" and not isinstance(metric_names, list):
            raise TypeError(f"`metric_names` should be a list or 'all', got {metric_names!r}.")
        if output_transform is not None and not callable(output_transform):
            raise TypeError(f"`output_transform` should be a function, got {output_transform!r}.")
        self.tag = tag
        self.metric_names = metric_names
        self.output_transform = output_transform
        self.state_attributes = state_attributes

    def values(self, engine: Engine[Any, Any], *, log_text: bool = False) -> dict[str, Any]:
        """Names and numbers, ready to write: vectors and nested containers become `tag/name/0`, `tag/name/key`."""
        collected: dict[str, Any] = dict(self._metrics(engine))
        if self.output_transform is not None:
            output = self.output_transform(engine.state.output)
            collected |= output if isinstance(output, dict) else {"output": output}
        for name in self.state_attributes or ():
            collected[name] = getattr(engine.state, name, None)
        tagged = {f"{self.tag}/{name}" if self.tag else name: value for name, value in collected.items()}
        return flat_numbers(tagged, log_text=log_text)

    def _metrics(self, engine: Engine[Any, Any]) -> Iterator[tuple[str, Any]]:
        metrics = engine.state.metrics
        for name in metrics if self.metric_names == "all" else self.metric_names or ():
            if name in metrics:
                yield name, metrics[name]
            else:
                there = ", ".join(metrics) or "none"
                warnings.warn(f"There is no metric '{name}' to log; the engine has {there}.", stacklevel=2)
