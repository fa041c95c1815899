"""Indexes the runtime's imports when the package is built, so that `scaffold new` need not parse the runtime."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class IndexRuntime(BuildHookInterface[Any]):
    """Writes the index beside the module that reads it, also for an editable installation."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs before the wheel is put together; an index is stale as soon as a source changes, and says so."""
        root = Path(self.root)
        sys.path.insert(0, str(root / "generator"))
        from scaffold.build.runtime_index import INDEX_FILE, index_text

        INDEX_FILE.write_text(index_text(root / "runtime" / "scaffold_runtime"), encoding="utf-8")
        build_data["artifacts"].append(INDEX_FILE.relative_to(root).as_posix())  # ignored by git, wanted in the wheel
