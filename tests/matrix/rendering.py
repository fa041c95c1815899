"""Many projects rendered at once: each distinct file is laid out and read by ruff once, and compiled once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from scaffold.build.names import project_name
from scaffold.build.project import RUNTIME_LAYER, Origin, Project
from scaffold.build.render import render
from scaffold.life.finish import finish
from scaffold.template.catalog import Catalog
from scaffold.template.combinations import Answers
from scaffold.template.resolve import resolve

LEFT_OVER = ("project_name", "scaffold_runtime", "{{ ", " }}", "{% ", " %}")
"""What only templates have."""

NAME = "some-project"


@dataclass
class Rendered:
    """What many projects are made of.

    Attributes:
        count: projects.
        versions: the different contents of each of their own files.
        faults: what is wrong with them, a line each.
    """

    count: int = 0
    versions: dict[PurePosixPath, dict[bytes, Answers]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def render_all(catalog: Catalog, template: str, rows: Iterable[Answers], folder: Path) -> Rendered:
    """Renders a project for each row, and looks at all files that they have; scratch files go to `folder`."""
    rendered = Rendered()
    for answers in rows:
        project = render_one(catalog, template, answers)
        rendered.count += 1
        for path, file in project.files.items():
            if file.layer != RUNTIME_LAYER and path.parts[0] != ".scaffold":
                rendered.versions.setdefault(path, {}).setdefault(file.content, answers)
    for path, contents in rendered.versions.items():
        for content, answers in contents.items():
            rendered.faults += [f"{path} has `{word}` with {answers}" for word in left_over(path, content)]
    rendered.faults += lint(rendered, folder)
    return rendered


def render_one(catalog: Catalog, template: str, answers: Answers) -> Project:
    """A project with its parts of the runtime, as its templates have it: ruff has not seen it."""
    resolution = resolve(catalog, template, answers)
    name = project_name(NAME)
    files = render(resolution, name)
    origin = Origin(name, template, resolution.answers)
    return finish(files, origin, roots=resolution.runtime, formatter=dict)


def left_over(path: PurePosixPath, content: bytes) -> list[str]:
    """Words of templates in a file; and whether its Python compiles."""
    text = content.decode()
    if path.suffix == ".py":
        compile(text, str(path), "exec")
    text = text.replace("project_name=", "")  # a keyword of trackers' clients
    return [word for word in LEFT_OVER if word in text and path.suffix in (".py", ".md", ".toml", ".yaml", ".sh")]


def lint(rendered: Rendered, folder: Path) -> list[str]:
    """What ruff finds in any of the files, by the projects' own settings, after it has laid them out."""
    settings = next(iter(rendered.versions[PurePosixPath("pyproject.toml")]))
    for path, contents in rendered.versions.items():
        for number, content in enumerate(contents if path.suffix == ".py" else ()):
            file = folder / str(number) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            (folder / str(number) / "pyproject.toml").write_bytes(settings)
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--quiet", "--select=I", "--fix", folder], check=True)
    subprocess.run([*ruff, "format", "--quiet", folder], check=True)
    command = [*ruff, "check", "--quiet", "--extend-select=F401,F821", "--ignore=I", "--output-format=concise", folder]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
