"""All that a template can ask and need, whatever is chosen: the ground of `scaffold show`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .catalog import Catalog, requirements_of
from .layer import Layer
from .options import Option


@dataclass(frozen=True)
class ReachableLayer:
    """A layer, and the choice that brings it: `loggers=tensorboard`, or `None` if it is always there."""

    layer: Layer
    choice: str | None


def reachable_layers(catalog: Catalog, template: str) -> list[ReachableLayer]:
    """The layers that a template has or can have, the lowest first, each once."""
    found: dict[str, ReachableLayer] = {}
    for reached in _reach(catalog, template, None):
        found.setdefault(reached.layer.id, reached)
    return list(found.values())


def possible_requirements(catalog: Catalog, template: str) -> frozenset[str]:
    """What a template's projects can depend on, whatever is chosen."""
    return requirements_of(each.layer for each in reachable_layers(catalog, template))


def _reach(catalog: Catalog, layer_id: str, choice: str | None) -> Iterator[ReachableLayer]:
    layer = catalog.layer(layer_id)
    for below in layer.extends:
        yield from _reach(catalog, below, choice)
    yield ReachableLayer(layer, choice)
    for option in layer.options:
        for value, switched_on in _switches(option):
            for above in switched_on:
                yield from _reach(catalog, above, f"{option.name}={value}")


def _switches(option: Option) -> list[tuple[str, tuple[str, ...]]]:
    if option.kind == "bool":
        return [("yes", option.layers)]
    return [(choice.name, choice.layers) for choice in option.choices]
