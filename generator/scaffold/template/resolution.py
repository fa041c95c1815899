"""What was chosen of a template, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .catalog import Catalog
from .contribution import Contribution
from .layer import Layer
from .options import Option


@dataclass(frozen=True)
class Resolution:
    """Options with their values, in the order of asking, and the layers that follow from them.

    Attributes:
        catalog: where the layers are.
        template: the id of what was chosen.
        options: those that apply, answered or not.
        values: of all options of the layers, also of those that do not apply (their defaults).
        given: the names of those that were answered; the others have their defaults.
        layers: from the lowest to the highest.
        contributions: of layers and chosen choices, from the lowest to the highest, with the names of who makes them.
        brought_by: layer to the choice that switched it on, such as `loggers=tensorboard`; not those always there.
    """

    catalog: Catalog = field(repr=False)
    template: str
    options: tuple[Option, ...]
    values: Mapping[str, Any]
    given: frozenset[str]
    layers: tuple[Layer, ...]
    contributions: tuple[tuple[str, Contribution], ...] = ()
    brought_by: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def answers(self) -> dict[str, Any]:
        """The values of the options that apply."""
        return {option.name: self.values[option.name] for option in self.options}

    @property
    def runtime(self) -> dict[str, str]:
        """Modules of the runtime that the project has in any case, each with who asks for it."""
        return {module: author for author, adds in self.contributions for module in adds.runtime}

    @property
    def requirements(self) -> frozenset[str]:
        """What the project depends on, of every kind and group."""
        return frozenset(requirement for _, adds in self.contributions for requirement in adds.all_requirements())

    def undecided(self) -> Option | None:
        """The first option that is to be asked for and is not answered."""
        return next((option for option in self.options if option.ask and option.name not in self.given), None)
