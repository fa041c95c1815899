"""How long a project's later commands take, as whole processes, beside copier and cruft, on as many files.

All three have one template: Python files of 60 lines, each with the project's name in it. Its second version changes
every file, and the owner has edited every tenth one elsewhere. Ours also lays the files out, checks them and merges
line by line where the peers patch; theirs need git, and a repository with both versions. Run it by `make bench`, or
alone; `--json` prints the numbers, SCAFFOLD_BENCH_ROUNDS=3 is quicker.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROUNDS = int(os.environ.get("SCAFFOLD_BENCH_ROUNDS", "10"))
SIZES = (40, 400)
"""Numbers of files, for the growth."""
BIN = Path(os.environ.get("SCAFFOLD_BENCH_BIN", str(Path(sys.executable).parent)))
"""Where copier and cruft are, if not beside this Python."""
SCAFFOLD = [sys.executable, "-m", "scaffold"]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    **{f"GIT_{who}_{what}": "bench@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}

Command = Sequence[str | Path]


class Cost(NamedTuple):
    """Seconds by the clock, and of processors; these stay the same on a machine that is busy otherwise."""

    wall: float
    cpu: float


def run(command: Command, folder: Path, *, codes: Sequence[int] = (0,)) -> None:
    """Runs a command there, which ends with one of these codes."""
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise RuntimeError(f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def git(folder: Path, *words: str) -> None:
    """Runs git there."""
    run(["git", *words], folder)


def source(number: int, placeholder: str, version: int) -> str:
    """One file of the template."""
    lines = [f'"""Module {number} of {placeholder}, version {version}."""', ""]
    lines += [f"VALUE_{line} = {number * 1000 + line}" for line in range(58)]
    return "\n".join(lines) + "\n"


def write_template(tool: str, folder: Path, num_files: int, version: int) -> None:
    """The template as one of the tools has it."""
    shutil.rmtree(folder / "template" if tool == "scaffold" else folder / "src", ignore_errors=True)
    if tool == "scaffold":
        layer = (
            'help = "A benchmark."\ntemplate = true\n[options.notes]\ntype = "multi-choice"\ndefault = []\nhelp = "?"\n'
        )
        layer += '[options.notes.choices.some]\nhelp = "some"\nlayers = ["notes"]\n'
        texts = {"template/layer.toml": layer, "notes/layer.toml": 'help = "N."\n', "notes/files/notes.txt": "some\n"}
        place, placeholder, suffix = "template/files/src/project_name", "{{ project_name }}", ".jinja"
    elif tool == "copier":
        texts = {"copier.yml": "name:\n  type: str\n  default: bench\n"}
        texts["{{ _copier_conf.answers_file }}.jinja"] = "{{ _copier_answers|to_nice_yaml }}"
        place, placeholder, suffix = "src/bench", "{{ name }}", ".jinja"
    else:
        texts = {"cookiecutter.json": json.dumps({"name": "bench"})}
        place, placeholder, suffix = "{{cookiecutter.name}}/src/bench", "{{ cookiecutter.name }}", ""
    texts |= {f"{place}/m{number}.py{suffix}": source(number, placeholder, version) for number in range(num_files)}
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


class Bench:
    """The three tools with their templates and projects, for one number of files."""

    def __init__(self, folder: Path, num_files: int) -> None:
        self.folder = folder
        self.templates = {tool: folder / f"{tool}-template" for tool in ("scaffold", "copier", "cruft")}
        self.projects = {tool: folder / f"{tool}-project" for tool in self.templates}
        for version in (1, 2):
            for tool, template in self.templates.items():
                template.mkdir(exist_ok=True)
                write_template(tool, template, num_files, version)
                self._keep(template, tag=f"v{version}", first=version == 1)
            if version == 1:
                for tool, project in self.projects.items():
                    self._make(tool, project)
        shutil.copytree(self.templates["scaffold"], folder / "scaffold-template-1")
        git(folder / "scaffold-template-1", "checkout", "--quiet", "v1")

    def _keep(self, folder: Path, *, tag: str = "", first: bool) -> None:
        if first:
            git(folder, "init", "--quiet")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", "x")
        if tag:
            git(folder, "tag", tag)

    def _make(self, tool: str, project: Path) -> None:
        run(self.new(tool, project), self.folder)
        for path in sorted((project / "src/bench").glob("m*0.py")):
            path.write_text(path.read_text() + "MINE = 1\n")
        self._keep(project, first=True)

    def new(self, tool: str, project: Path) -> Command:
        """The command that makes a project."""
        template = self.templates[tool]
        if tool == "scaffold":
            words = ["--template", "template", "--templates", template, "--name", "bench", "--yes", "--no-git"]
            return [*SCAFFOLD, "new", project, *words]
        if tool == "copier":
            return [BIN / "copier", "copy", "--defaults", "--quiet", template, project]
        # cruft names the folder by the template's `name`, below this one
        out = project.parent / f"{project.name}-out"
        return ["sh", "-c", f"{BIN}/cruft create --no-input --output-dir {out} {template} && mv {out}/bench {project}"]

    def commands(self, tool: str) -> Mapping[str, tuple[Command, Sequence[int]]]:
        """What is measured in a copy of the project."""
        old, new = self.folder / "scaffold-template-1", self.templates[tool]
        return {
            "scaffold": {
                "status": ([*SCAFFOLD, "status", "--templates", old], (0,)),
                "add": ([*SCAFFOLD, "add", "note", "some", "--yes", "--templates", old], (0,)),
                "update, nothing to do": ([*SCAFFOLD, "update", "--yes", "--templates", old], (0,)),
                "update, all files change": ([*SCAFFOLD, "update", "--yes", "--templates", new], (0,)),
            },
            "copier": {
                "update, nothing to do": ([BIN / "copier", "update", "--defaults", "--quiet", "--vcs-ref", "v1"], (0,)),
                "update, all files change": ([BIN / "copier", "update", "--defaults", "--quiet"], (0,)),
            },
            "cruft": {
                "status": ([BIN / "cruft", "diff", "--exit-code"], (0, 1)),
                "update, nothing to do": ([BIN / "cruft", "update", "--skip-apply-ask", "--checkout", "v1"], (0,)),
                "update, all files change": ([BIN / "cruft", "update", "--skip-apply-ask"], (0,)),
            },
        }[tool]

    def measure(self) -> dict[str, dict[str, Cost]]:
        """What each command costs, by tool; each once."""
        found: dict[str, dict[str, Cost]] = {}
        for tool, project in self.projects.items():
            target = self.folder / "out"
            found[tool] = {
                "new": self._seconds(self.new(tool, target), self.folder, clean=lambda target=target: _clear(target))
            }
            for label, (command, codes) in self.commands(tool).items():
                copy = self.folder / "copy"

                def fresh(project: Path = project, copy: Path = copy) -> None:
                    _clear(copy)
                    shutil.copytree(project, copy, symlinks=True)

                found[tool][label] = self._seconds(command, copy, codes=codes, clean=fresh)
        return found

    def _seconds(
        self, command: Command, folder: Path, *, codes: Sequence[int] = (0,), clean: Callable[[], None]
    ) -> Cost:
        clean()
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        run(command, folder, codes=codes)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return Cost(time.perf_counter() - started, cpu)


def _clear(folder: Path) -> None:
    for path in (folder, folder.parent / f"{folder.name}-out"):
        shutil.rmtree(path, ignore_errors=True)


def median(costs: Sequence[Cost]) -> Cost:
    """Of both."""
    return Cost(statistics.median(each.wall for each in costs), statistics.median(each.cpu for each in costs))


def main() -> None:
    """Prints the tables, or with `--json` the numbers."""
    as_json = "--json" in sys.argv
    if not as_json:
        print(f"whole process, seconds by the clock (of processors), median of {ROUNDS}")
    found: dict[int, dict[str, dict[str, Cost]]] = {}
    for num_files in SIZES:
        with tempfile.TemporaryDirectory() as name:
            bench = Bench(Path(name), num_files)
            rounds = [bench.measure() for _ in range(ROUNDS if num_files == SIZES[0] else max(ROUNDS // 3, 1))]
        found[num_files] = {
            tool: {label: median([each[tool][label] for each in rounds]) for label in rounds[0][tool]}
            for tool in rounds[0]
        }
        if not as_json:
            print(table(num_files, found[num_files]), flush=True)
    if as_json:
        print(json.dumps(found, indent=2))


def table(num_files: int, tools: Mapping[str, Mapping[str, Cost]]) -> str:
    """A line for each command, a column for each tool."""
    labels = dict.fromkeys(label for costs in tools.values() for label in costs)
    lines = [f"{f'{num_files} files':<27}" + "".join(f"{tool:>16}" for tool in tools)]
    for label in labels:
        cells = [f"{c.wall:.2f} ({c.cpu:.2f})" if (c := costs.get(label)) else "" for costs in tools.values()]
        lines.append(f"  {label:<25}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
