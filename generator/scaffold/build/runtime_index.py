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
from typing import Any, cast

from .imports import ImportStatement, read_imports

INDEX_FILE = Path(__file__).with_name("runtime_index.json")


class Index:
    """What was read of some modules.

    Args:
        entries: module to the hash of its source and its imports.
    """

    def __init__(self, entries: Mapping[str, tuple[str, Sequence[Any]]] | None = None) -> None:
        self._entries = entries or {}

    def imports(self, module: str, source: str, *, is_package: bool) -> Sequence[ImportStatement]:
        """The imports of a module whose source this is."""
        digest, rows = self._entries.get(module, ("", ()))
        if digest == _hash(source):
            return [ImportStatement(*row) for row in rows]
        below = module.partition(".")[0] + "."
        return read_imports(
            ast.parse(source), module, is_package=is_package, may_be_namespace=lambda name: name.startswith(below)
        )


def own_index() -> Index:
    """The index that comes with this package; a missing or damaged one knows nothing."""
    try:
        document: Any = json.loads(INDEX_FILE.read_bytes())
    except (OSError, ValueError):
        document = None
    return Index(cast("dict[str, Any]", document) if isinstance(document, dict) else None)


def index_text(root: Path) -> str:
    """The index of all modules of the package in a folder, as it is kept."""
    document: dict[str, tuple[str, Sequence[ImportStatement]]] = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        source = path.read_text(encoding="utf-8")
        document[module] = (_hash(source), Index().imports(module, source, is_package=is_package))
    return json.dumps(document, separators=(",", ":")) + "\n"


def _hash(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
