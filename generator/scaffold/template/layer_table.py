"""A table of `layer.toml`, read by the types that its keys should have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from ..errors import TemplateError, did_you_mean

ValueT = TypeVar("ValueT", bound=str)


@dataclass(frozen=True)
class LayerTable:
    """A table, and how errors call it.

    Attributes:
        source: the file.
        title: what the table describes, such as `Option 'dataset'`.
        content: keys and values.
        keys: those that there may be; None allows any.
        name: of the table within the one around it.
    """

    source: Path
    title: str
    content: Mapping[str, Any]
    keys: Sequence[str] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        for key in self.content:
            if self.keys is not None and key not in self.keys:
                hint = f"{did_you_mean(key, self.keys)}Keys: {', '.join(self.keys)}."
                raise self.error(f"has no key '{key}'", hint)

    def error(self, fault: str, hint: str) -> TemplateError:
        """The error for something that the table holds."""
        return TemplateError(f"{self.title} in '{self.source}' {fault}.", hint)

    def required(self, key: str) -> Any:
        """A value of any type that must be there."""
        if key not in self.content:
            raise self.error(f"has no `{key}`", f"Add `{key}`.")
        return self.content[key]

    def text(self, key: str, default: str | None = None) -> str:
        """A text; it must be there unless there is a default."""
        value = self.required(key) if default is None else self.content.get(key, default)
        if not isinstance(value, str):
            raise self._mistyped(key, "a text", value)
        return value

    def choice(self, key: str, known: Sequence[ValueT]) -> ValueT:
        """One of the known words."""
        word = self.text(key)
        if word not in known:
            raise self.error(f"has the {key} '{word}'", f"{did_you_mean(word, known)}It is one of {', '.join(known)}.")
        return cast("ValueT", word)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false; `default` if it is not there."""
        value = self.content.get(key, default)
        if not isinstance(value, bool):
            raise self._mistyped(key, "true or false", value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty if it is not there."""
        value = self.content.get(key, [])
        if not _is_list_of(str, value):
            raise self._mistyped(key, "a list of texts", value)
        return tuple(value)

    def scalar(self, key: str) -> bool | int | float | str:
        """A text, a number, true or false."""
        value = self.content[key]
        if not isinstance(value, (bool, int, float, str)):
            raise self._mistyped(key, "a text, a number, true or false", value)
        return value

    def entries(self, key: str) -> tuple[str | Mapping[str, str], ...]:
        """A list of texts, or of tables of texts."""
        value = self.content[key]
        if not _is_list_of(str, value) and not (
            _is_list_of(dict, value) and all(_is_list_of(str, list(table.values())) for table in value)
        ):
            raise self._mistyped(key, "a list of texts, or of tables of texts", value)
        return tuple(value)

    def table(self, key: str, title: str, keys: Sequence[str] | None = None) -> LayerTable:
        """The table under a key; empty if it is not there."""
        value = self.content.get(key, {})
        if not isinstance(value, dict):
            raise self._mistyped(key, "a table", value)
        return LayerTable(self.source, title, cast("dict[str, Any]", value), keys, key)

    def tables(self, key: str, kind: str, keys: Sequence[str]) -> Iterator[LayerTable]:
        """The tables in the table under a key, each titled by its kind and name."""
        around = self.table(key, f"`{key}`")
        for name in around.content:
            yield around.table(name, f"{kind} '{name}'", keys)

    def _mistyped(self, key: str, expected: str, value: Any) -> TemplateError:
        return self.error(f"has {value!r} for `{key}`", f"`{key}` is {expected}.")


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, kind) for entry in cast("list[Any]", value))
