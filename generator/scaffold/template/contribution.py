"""What a layer, or one choice of an option, adds to the places where layers meet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .layer_table import LayerTable

CONTRIBUTION_KEYS = ["dependencies", "slots", "values", "runtime"]
REQUIREMENT_KEYS = ["runtime", "dev"]
Scalar = bool | int | float | str


@dataclass(frozen=True)
class Contribution:
    """Entries, values and requirements that meet those of other layers in one file.

    Attributes:
        requirements: for running (`runtime`) and for working on the project (`dev`).
        extras: requirements by the optional group that a user installs when it is needed, such as `xla`.
        slots: entries for lists; texts, or tables of texts.
        values: scalars; of two layers the upper one decides.
        runtime: modules of the runtime that the project has although no file of it imports them.
    """

    requirements: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    slots: Mapping[str, tuple[Any, ...]] = field(default_factory=dict[str, tuple[Any, ...]])
    values: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    runtime: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((*self.requirements.values(), *self.extras.values(), self.slots, self.values, self.runtime))

    def all_requirements(self) -> list[str]:
        """Of every kind and group."""
        kinds = (*self.requirements.values(), *self.extras.values())
        return [requirement for requirements in kinds for requirement in requirements]


def read_contribution(table: LayerTable) -> Contribution:
    """What a layer's or a choice's table adds.

    Raises:
        TemplateError: a key or a value is none that there can be.
    """
    dependencies = table.table("dependencies", "`dependencies`", [*REQUIREMENT_KEYS, "extras"])
    slots = table.table("slots", "`slots`")
    values = table.table("values", "`values`")
    return Contribution(
        requirements={kind: dependencies.texts(kind) for kind in REQUIREMENT_KEYS},
        extras=_read_extras(dependencies.table("extras", "`extras`")),
        slots={name: slots.entries(name) for name in slots.content},
        values={name: values.scalar(name) for name in values.content},
        runtime=table.texts("runtime"),
    )


def _read_extras(table: LayerTable) -> dict[str, tuple[str, ...]]:
    for name in table.content:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or name == "dev":
            hint = "A name has lower-case letters, digits and hyphens, and is not `dev`, which every project has."
            raise table.error(f"cannot have '{name}'", hint)
    return {name: table.texts(name) for name in table.content}
