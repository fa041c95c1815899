"""The imports of the runtime's modules, read once, when the package is built.

Parsing the runtime takes longer than all else that `scaffold new` does. An entry belongs to the source that it
was read from, by its hash: where the source has changed since, as in a checkout, the module is parsed anew.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .imports import ImportStatement, read_imports

INDEX_FILE = Path(__file__).with_name("runtime_index.json")


class Index:
    """What was read of some modules.

    Args:
        entries: module to the hash of its source and its imports.
    """

    def __init__(self, entries: Mapping[str, tuple[str, Sequence[ImportStatement]]] | None = None) -> None:
        self._entries = entries or {}

    def imports(self, module: str, source: str, *, is_package: bool) -> Sequence[ImportStatement]:
        """The imports of a module whose source this is."""
        digest, statements = self._entries.get(module, ("", ()))
        if digest == _hash(source):
            return statements
        return read_imports(ast.parse(source), module, is_package=is_package)


def own_index() -> Index:
    """The index that comes with this package; a missing or damaged one knows nothing."""
    try:
        document: dict[str, Any] = json.loads(INDEX_FILE.read_text(encoding="utf-8"))
        return Index({module: (digest, _statements(rows)) for module, (digest, rows) in document.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return Index()


def index_text(sources: Mapping[str, tuple[str, bool]]) -> str:
    """The index of these modules, as it is kept.

    Args:
        sources: module to its text and whether it is a package.
    """
    document = {
        module: (_hash(text), Index().imports(module, text, is_package=is_package))
        for module, (text, is_package) in sorted(sources.items())
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def _statements(rows: Sequence[Any]) -> list[ImportStatement]:
    return [ImportStatement(first, last, source, names) for first, last, source, names in rows]


def _hash(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
