"""What becomes of an owner's edits in an update: ours, copier's and cruft's, on the same projects and templates.

The cases are those of `tests/generator/life/test_fuzz.py`: files that an owner edited, deleted, renamed, added, made
binary or saved with CRLF, and templates whose files were edited, removed, added, moved, split and merged since. Each
tool makes the project of the template's first version, in a git repository; the owner's edits are committed, and the
tool updates it to the second version, as its documentation says. A layer of ours says which files moved; the peers
have no such list. Run it by `make bench`, or alone; SCAFFOLD_BENCH_CASES=100 tries more, `--json` prints the numbers.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench_life import BIN, ENVIRONMENT, SCAFFOLD, git
from hypothesis import given, settings

sys.path.insert(0, str(Path(__file__).parents[2]))  # `python tests/benchmarks/bench_fuzz.py` does not find `tests`
from tests.generator.life.test_fuzz import SEEDED, Folder, Template, Texts, cases, lines_of

NUM_CASES = int(os.environ.get("SCAFFOLD_BENCH_CASES", "30"))
TOOLS = ("scaffold", "copier", "cruft")
RECORDS = (".git", ".scaffold", ".copier-answers.yml", ".cruft.json")
"""What tools and git keep in a project."""
NAME = "p"
"""The project's, and its package's: the cases have it in their paths."""
COUNTED = (
    "lines of the owner lost",
    "cases with a lost line",
    "deleted files that came back",
    "changes that did not arrive",
    "conflicts that were not told",
    "crashed or refused",
    "twice is not once",
    "back is not as before",
)
LAYER = 'help = "A case."\ntemplate = true\n'

Case = tuple[Template, Template, Folder]


def sample() -> list[Case]:
    """The same cases at each run."""
    found: list[Case] = []

    @given(case=cases())
    @settings(SEEDED, max_examples=NUM_CASES)
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


class Trial:
    """One case, played through by one tool in a folder of its own."""

    def __init__(self, tool: str, folder: Path, case: Case) -> None:
        self.tool = tool
        self.old, self.new, self.theirs = _named_otherwise(case)
        self.template, self.project = folder / "template", folder / NAME
        self.template.mkdir(parents=True)

    def play(self) -> Counter[str]:
        """What went wrong."""
        self._write_template(self.old, "v1")
        self._must(self._command("new"))
        self._write_project()
        self._write_template(self.new, "v2")
        before = own(self.project)
        done = self._run(self._command("update"))
        after = own(self.project)
        found = self._judge(done, after)
        if not found["crashed or refused"]:
            if not is_conflicted(after):
                self._keep(self.project)
                self._run(self._command("update"))
                found["twice is not once"] = own(self.project) != after
                self._back(to="HEAD~1")
            else:
                self._back(to="HEAD")
            found["back is not as before"] = own(self.project) != before
        return found

    def _judge(self, done: subprocess.CompletedProcess[str], after: Texts) -> Counter[str]:
        told = done.stdout + done.stderr
        there = Counter(line for content in after.values() for line in lines_of(content))
        lost = sum(not there[line] for line in self.theirs.own_lines)
        as_made = [path for path, content in self.old.files.items() if self.theirs.files.get(path) == content]
        arrived = [path for path in as_made if after.get(path) == self.new.files.get(path)]
        deleted = [path for path in self.theirs.deleted if path in after and path not in self.theirs.files]
        unmerged = subprocess.run(["git", "ls-files", "--unmerged"], cwd=self.project, capture_output=True, check=True)
        is_told = done.returncode != 0 or "conflict" in told.lower() or bool(unmerged.stdout)
        found = Counter(
            {
                "lines of the owner lost": lost,
                "cases with a lost line": bool(lost),
                "deleted files that came back": len(deleted),
                "changes that did not arrive": len(as_made) - len(arrived),
                "conflicts that were not told": is_conflicted(after) and not is_told,
                "crashed or refused": done.returncode not in ((0, 1) if self.tool == "scaffold" else (0,)),
            }
        )
        if os.environ.get("SCAFFOLD_BENCH_SHOW") and any(found.values()):
            print(f"{self.tool}: {dict(found)}\n{told[-1500:]}", file=sys.stderr)
        return found

    def _back(self, *, to: str) -> None:
        """Puts everything back: by the tool where it can, and by git, which all of them can be used with."""
        if self.tool == "scaffold" and to == "HEAD":
            self._run([*SCAFFOLD, "update", "--abort", "--project", self.project])
            return
        git(self.project, "reset", "--hard", "--quiet", to)
        git(self.project, "clean", "--force", "-d", "--quiet")

    def _command(self, what: str) -> Sequence[str | Path]:
        new = what == "new"
        if self.tool == "scaffold":
            where = ["--templates", self.template, "--yes"]
            named = ["new", self.project, "--template", "template", "--name", NAME, "--no-git"]
            return [*SCAFFOLD, *(named if new else ["update", "--project", self.project]), *where]
        if self.tool == "copier":
            words = ["copy", self.template, self.project] if new else ["update", self.project]
            return [BIN / "copier", words[0], "--defaults", *words[1:]]
        if new:
            return [BIN / "cruft", "create", "--no-input", "--output-dir", self.project.parent, self.template]
        return [BIN / "cruft", "update", "--skip-apply-ask", "--project-dir", self.project]

    def _write_template(self, version: Template, tag: str) -> None:
        clear(self.template)
        texts: dict[str, bytes] = {}
        if self.tool == "scaffold":
            moved = [f"{json.dumps(spelt(old))} = {json.dumps(spelt(now))}" for old, now in version.moved.items()]
            texts["template/layer.toml"] = "\n".join([LAYER, "[moved]", *moved]).encode()
            texts |= {f"template/files/{spelt(path)}": content for path, content in version.files.items()}
        elif self.tool == "copier":
            texts["copier.yml"] = f"name:\n  type: str\n  default: {NAME}\n".encode()
            texts["{{ _copier_conf.answers_file }}.jinja"] = b"{{ _copier_answers|to_nice_yaml }}"
            texts |= version.files
        else:
            texts["cookiecutter.json"] = json.dumps({"name": NAME}).encode()
            texts |= {f"{{{{cookiecutter.name}}}}/{path}": content for path, content in version.files.items()}
        write(self.template, texts)
        self._keep(self.template)
        git(self.template, "tag", tag)

    def _write_project(self) -> None:
        """The owner's edits, committed."""
        self._keep(self.project)
        clear(self.project)
        write(self.project, self.theirs.files)
        self._keep(self.project)

    def _keep(self, folder: Path) -> None:
        if not (folder / ".git").exists():
            git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", "x")

    def _run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.project.parent, env=ENVIRONMENT, capture_output=True, errors="replace", check=False
        )

    def _must(self, command: Sequence[str | Path]) -> None:
        done = self._run(command)
        if done.returncode:
            raise RuntimeError(f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def _named_otherwise(case: Case) -> Case:
    """The case without a folder `runtime`, which in our projects is no template's."""

    def path(text: str) -> str:
        return text.replace("/runtime/", "/parts/")

    def named(files: Texts) -> Texts:
        return {path(name): content for name, content in files.items()}

    old, new, theirs = case
    moved = {path(before): path(now) for before, now in new.moved.items()}
    deleted = list(map(path, theirs.deleted))
    return (
        Template(named(old.files)),
        Template(named(new.files), moved),
        Folder(named(theirs.files), theirs.own_lines, deleted),
    )


def spelt(path: str) -> str:
    """A path of a case as a layer has it."""
    return path.replace(f"src/{NAME}/", "src/project_name/")


def own(project: Path) -> Texts:
    """Every file of a project but the tools' records."""
    paths = (path for path in project.rglob("*") if path.is_file())
    named = {path.relative_to(project).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in named.items() if name.partition("/")[0] not in RECORDS}


def is_conflicted(files: Texts) -> bool:
    """Whether something is left for the owner to settle: markers, or what could not be applied."""
    return any(
        path.endswith((".rej", ".new")) or any(line.startswith(b"<<<<<<< ") for line in lines_of(content))
        for path, content in files.items()
    )


def clear(folder: Path) -> None:
    """Removes all but the records."""
    for child in folder.iterdir():
        if child.name not in RECORDS:
            shutil.rmtree(child) if child.is_dir() else child.unlink()


def write(folder: Path, texts: Mapping[str, bytes]) -> None:
    """Writes files below a folder."""
    for path, content in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def main() -> None:
    """Prints the table, or with `--json` the numbers."""
    total: dict[str, Counter[str]] = {tool: Counter() for tool in TOOLS}
    for case in sample():
        for tool in TOOLS:
            with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
                total[tool] += Trial(tool, Path(name), case).play()
    if "--json" in sys.argv:
        print(json.dumps(total, indent=2))
        return
    print(f"{f'{NUM_CASES} updates of edited projects':<34}" + "".join(f"{tool:>10}" for tool in TOOLS))
    for label in COUNTED:
        print(f"  {label:<32}" + "".join(f"{total[tool][label]:>10}" for tool in TOOLS))


if __name__ == "__main__":
    main()
