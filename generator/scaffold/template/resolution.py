"""What was decided about a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .contribution import Contribution
from .layer import Layer
from .options import Option


@dataclass(frozen=True)
class Resolution:
    """Options with their values, in the order of asking, and the layers that follow from them.

    Attributes:
        options: those that apply, answered or not.
        values: of all options of the layers, also of those that do not apply (their defaults).
        layers: from the lowest to the highest.
        contributions: of layers and chosen choices, from the lowest to the highest, with the names of who makes them.
        brought_by: layer to the choice that switched it on, such as `loggers=tensorboard`; not those always there.
    """

    options: tuple[Option, ...]
    values: Mapping[str, Any]
    layers: tuple[Layer, ...]
    contributions: tuple[tuple[str, Contribution], ...] = ()
    brought_by: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def answers(self) -> dict[str, Any]:
        """The values of the options that apply."""
        return {option.name: self.values[option.name] for option in self.options}
