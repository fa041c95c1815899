"""`scaffold doctor`: what keeps a project from running here, and the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .listing import AsJson
from .new import NEEDS_YOU
from .project_folder import ProjectFolder
from .terminal import say

if TYPE_CHECKING:
    from ..doctor.finding import Finding
    from ..doctor.patient import Patient

SCHEMA = "torch-scaffold/doctor/1"
MODULES = ("torch", "torch_xla", "horovod.torch", "ruff")
MARKS = {"good": "ok", "wrong": "!!", "note": "--"}
EXAMPLES = """\b
Examples:
  scaffold doctor                        look at everything, then train two steps
  scaffold doctor --no-run --json
  scaffold doctor --nproc-per-node 8     are there as many GPUs?
"""


def doctor(
    *,
    project: ProjectFolder = None,
    python: Annotated[
        str | None,
        typer.Option("--python", metavar="PATH", help="Its interpreter; `.venv`'s or the active one if not given."),
    ] = None,
    nproc_per_node: Annotated[
        str | None, typer.Option("--nproc-per-node", metavar="N", help="Processes that are to run on this machine.")
    ] = None,
    run: Annotated[bool, typer.Option("--run/--no-run", help="Train two steps, if nothing else is wrong.")] = True,
    as_json: AsJson = False,
) -> None:
    """Find what keeps a project from running, and what mends it.

    Python, torch, GPUs, launchers, trackers and the project's files are looked at, and then two steps trained.
    Outside of a project it looks at the machine. Exit code 1 says that something needs you.
    """
    from ..doctor.machine import examine_machine
    from ..doctor.project import examine_project, examine_run
    from .report import print_json
    from .terminal import progress

    folder = _around(project)
    with progress("Looking") as tick:
        patient = _examined(folder, python)
        findings: list[Finding] = []
        for finding in examine_machine(patient, num_processes=_number(nproc_per_node)):
            findings.append(finding)
            tick(finding.subject)
        findings += examine_project(patient) if patient.answers or _is_project(folder) else []
        if run and patient.package is not None and not any(each.state == "wrong" for each in findings):
            tick("two steps of training")
            findings.append(examine_run(patient))
    wrong = [each for each in findings if each.state == "wrong"]
    if as_json:
        print_json(_document(patient, findings))
    else:
        say(_text(patient, findings))
    if wrong:
        raise typer.Exit(NEEDS_YOU)


def _around(folder: Path | None) -> Path:
    """The folder of the project that is meant: the one given, or the nearest around the current one."""
    if folder is not None:
        if not folder.is_dir():
            raise UsageError(f"There is no folder '{folder}'.", "Name the project's: `--project DIR`.")
        return folder
    here = Path.cwd()
    return next((each for each in (here, *here.parents) if _is_project(each)), here)


def _is_project(folder: Path) -> bool:
    return (folder / ".scaffold").is_dir()


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"`--nproc-per-node` should be a whole number from 1, got '{text}'.", "For example 2.")
    return int(text)


def _examined(folder: Path, python: str | None) -> Patient:
    """The project, if there is one that can be read, and what its environment says."""
    from ..doctor.patient import Patient, ask, find_python, read_settings
    from ..errors import ScaffoldError
    from ..life.record import recall

    try:
        origin = recall(folder).origin if _is_project(folder) else None
    except ScaffoldError:  # said among the findings
        origin = None
    settings, interpreter = read_settings(folder), find_python(folder, python)
    package = origin.name.package if origin and (folder / "src" / origin.name.package / "train.py").is_file() else None
    patient = Patient(folder, interpreter, origin.answers if origin else {}, package, settings)
    return replace(patient, found=ask(interpreter, MODULES, patient.requirements or (), folder))


def _document(patient: Patient, findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "project": str(patient.folder) if patient.package else None,
        "python": patient.python,
        "needs_you": sum(each.state == "wrong" for each in findings),
        "findings": [
            {"subject": each.subject, "state": each.state, "message": each.message, "command": each.command}
            for each in findings
        ],
    }


def _text(patient: Patient, findings: Sequence[Finding]) -> str:
    from .report import count
    from .terminal import fold, paint

    longest = max(len(each.subject) for each in findings)
    what = f"Project '{patient.folder.resolve().name}'" if patient.package else "No project here: the machine alone"
    lines = [paint(what, "bold")]
    for each in findings:
        style = "red" if each.state == "wrong" else "green" if each.state == "good" else "cyan"
        head = f"{MARKS[each.state]}  {each.subject:<{longest}}  "
        lines.append(paint(head[:2], style) + fold(head + each.message, indent=len(head))[2:])
        lines += [" " * len(head) + f"> {each.command}"] if each.command else []
    wrong = sum(each.state == "wrong" for each in findings)
    last = f"{count(wrong, 'thing')} to mend, by the commands after >." if wrong else "Nothing to mend."
    return "\n".join([*lines, "", last])
