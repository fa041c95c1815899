"""Default projects as text, so that a review shows what users will see: `python -m tests.matrix.snapshots` writes them.

The first template's project is there whole. Of the others there is what differs from it; a file that they have alike is
named. Copies of the runtime, which lie in this repository, are only named in any of them.
"""

from __future__ import annotations

from pathlib import Path

from scaffold.build.project import RUNTIME_LAYER, Project
from scaffold.life.finish import generate
from scaffold.template.catalog import Catalog, load_catalog

FOLDER = Path(__file__).parents[1] / "snapshots"
FIRST = "vision-classification"
NAME = "some-project"


def snapshots(catalog: Catalog) -> dict[str, str]:
    """The text for each template."""
    first = generate(catalog, FIRST, NAME, {})
    names = [layer.id for layer in catalog.templates()]
    return {name: snapshot(generate(catalog, name, NAME, {}), None if name == FIRST else first) for name in names}


def snapshot(project: Project, like: Project | None) -> str:
    """A project's files, one after the other; without those that it has in common with another project."""
    parts: list[str] = []
    for path, file in sorted(project.files.items()):
        known = like.files.get(path) if like else None
        if file.layer == RUNTIME_LAYER:
            parts.append(f"===== {path} (copied)\n")
        elif known and known.content == file.content:
            parts.append(f"===== {path} (as in {FIRST})\n")
        elif path.parts[0] != ".scaffold":  # the record: hashes of all the rest
            parts.append(f"===== {path}\n{file.content.decode()}\n")
    return "".join(parts)


def main() -> None:
    """Writes all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in snapshots(load_catalog()).items():
        (FOLDER / f"{name}.txt").write_text(text)


if __name__ == "__main__":
    main()
