"""Which layers and choices cannot go together, and which cannot go alone."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import TemplateError, UsageError
from .options import Choice, Option
from .resolution import Resolution


@dataclass(frozen=True)
class _Clash:
    """What cannot be, and the options that made it so."""

    error: UsageError
    options: frozenset[str]


def refuse_clashes(resolution: Resolution, *, among: Container[str] | None = None) -> None:
    """Refuses layers and choices that do not fit each other.

    Args:
        resolution: options, values and layers.
        among: the options that are answered for good; only clashes between these count. All of them if not given.

    Raises:
        UsageError: something refuses what is there, or needs what is not.
        TemplateError: a layer refuses or needs what does not exist.
    """
    open_options = {option.name for option in resolution.options}
    for clash in [
        *_refusing_layers(resolution),
        *_refusing_choices(resolution),
        *_needy_layers(resolution),
    ]:
        if among is None or all(name in among for name in clash.options & open_options):
            raise clash.error


def _refusing_layers(resolution: Resolution) -> Iterator[_Clash]:
    present = {layer.id for layer in resolution.layers}
    for layer in resolution.layers:
        for refused in layer.refuses:
            if resolution.catalog.layer(refused, named_by=layer.id).id in present:
                yield _refused(_shown(layer.id, resolution), _shown(refused, resolution))


def _refusing_choices(resolution: Resolution) -> Iterator[_Clash]:
    for option in resolution.options:
        for choice in option.chosen(resolution.values[option.name]):
            for refused in choice.refuses:
                if _is_chosen(refused, option, choice, resolution):
                    yield _refused(f"{option.name}={choice.name}", refused)


def _needy_layers(resolution: Resolution) -> Iterator[_Clash]:
    present = {layer.id for layer in resolution.layers}
    for layer in resolution.layers:
        for needed in layer.needs:
            if resolution.catalog.layer(needed, named_by=layer.id).id not in present:
                this, that = _shown(layer.id, resolution), _bringing(needed, resolution)
                error = UsageError(f"'{this}' needs '{that}'.", f"Choose '{that}' too, or leave '{this}' out.")
                yield _Clash(error, frozenset(option.name for option in resolution.options))  # any may yet bring it


def _refused(this: str, that: str) -> _Clash:
    error = UsageError(f"'{this}' and '{that}' cannot be together.", "Leave one of them out.")
    return _Clash(error, frozenset(word.partition("=")[0] for word in (this, that) if "=" in word))


def _is_chosen(refused: str, option: Option, choice: Choice, resolution: Resolution) -> bool:
    name, _, value = refused.partition("=")
    other = next((each for each in resolution.options if each.name == name), None)
    if other is not None and value not in _possible(other):
        raise TemplateError(
            f"Choice '{choice.name}' of option '{option.name}' refuses '{refused}', which cannot be chosen.",
            "`refuses` has entries such as `option=choice`.",
        )
    return other is not None and value in _taken(other, resolution.values[name])


def _possible(option: Option) -> list[str]:
    return ["yes", "no"] if option.kind == "bool" else [choice.name for choice in option.choices]


def _taken(option: Option, value: Any) -> list[str]:
    if option.kind == "bool":
        return ["yes" if value else "no"]
    return [choice.name for choice in option.chosen(value)]


def _shown(layer_id: str, resolution: Resolution) -> str:
    """What the user chose to have the layer, or its own name if it is always there."""
    return resolution.brought_by.get(layer_id, layer_id)


def _bringing(layer_id: str, resolution: Resolution) -> str:
    """What the user can choose to have the layer, or its own name if nothing brings it."""
    for option in resolution.options:
        for choice in option.choices:
            if layer_id in choice.layers:
                return f"{option.name}={choice.name}"
        if layer_id in option.layers:
            return f"{option.name}=yes"
    return layer_id
