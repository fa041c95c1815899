"""What is looked at of an environment and its machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator

from .finding import Finding
from .patient import Patient

TORCHRUN_PORT = 29500
EXTRAS = {"xla-tpu": ("XLA", "torch_xla", "xla"), "horovod": ("Horovod", "horovod.torch", "horovod")}
"""Backends that a project may be made with: what they are called, their module, and their optional group."""


def examine_machine(patient: Patient, *, num_processes: int | None) -> Iterator[Finding]:
    """Findings, in the order in which they are to be mended."""
    yield _python(patient)
    yield from _requirements(patient)
    yield _torch(patient)
    if patient.found["torch"] is not None:
        yield _cuda(patient)
        yield _nccl(patient)
        yield _gloo(patient)
        yield _processes(patient, num_processes)
    yield from (_extra(patient, backend) for backend in EXTRAS)
    yield _ruff(patient)
    yield _port()
    yield _git(patient)


def _python(patient: Patient) -> Finding:
    version = ".".join(map(str, patient.found["python"]))
    wanted = str(patient.settings.get("requires-python", ">=3.11"))
    least = re.match(r">=\s*(\d+)\.(\d+)", wanted)
    if least and tuple(patient.found["python"][:2]) < (int(least[1]), int(least[2])):
        mend = f"python{least[1]}.{least[2]} -m venv .venv && .venv/bin/pip install -e ."
        return Finding("Python", "wrong", f"{version} is older than the project's {wanted}.", mend)
    where = "" if patient.found["in_environment"] else ", outside of a virtual environment"
    return Finding("Python", "good", f"{version} at {patient.python}{where}.")


def _requirements(patient: Patient) -> Iterator[Finding]:
    if patient.package is None:
        return
    unmet = patient.found["unmet"]
    if patient.requirements is None:
        message = "`pyproject.toml` has no list of them that can be read, so they were not looked at."
        yield Finding("Dependencies", "note", message, "scaffold diff pyproject.toml")
    elif unmet:
        install = patient.run("-m", "pip", "install", "-e", ".")
        yield Finding("Dependencies", "wrong", f"Not as the project needs them: {', '.join(unmet)}.", install)
    else:
        yield Finding("Dependencies", "good", "All that the project needs is installed.")


def _torch(patient: Patient) -> Finding:
    found = patient.found["modules"]["torch"]
    if "version" in found:
        return Finding("torch", "good", f"{found['version']}.")
    again = [] if found.get("missing") else ["--force-reinstall"]
    return Finding(
        "torch",
        "wrong",
        f"It cannot be imported: {found['error']}.",
        patient.run("-m", "pip", "install", *again, "torch"),
    )


def _cuda(patient: Patient) -> Finding:
    found, driver = patient.found["torch"], _driver()
    asked = "nccl" in patient.chosen("backend")
    if found.get("cuda_error"):
        return Finding("CUDA", "wrong", f"torch cannot use the GPUs: {found['cuda_error']}.", "nvidia-smi")
    if found["gpus"]:
        names = ", ".join(sorted(set(found["gpus"])))
        return Finding("CUDA", "good", f"{found['cuda_build']}, {_count(len(found['gpus']), 'GPU')}: {names}.")
    if driver and found["cuda_build"] is None:
        install = patient.run("-m", "pip", "install", "--force-reinstall", "torch")
        return Finding("CUDA", "wrong", f"The driver has {driver}, and this torch was built for CPUs.", install)
    if driver:
        hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
        said = f"; CUDA_VISIBLE_DEVICES is '{hidden}'" if hidden is not None else ""
        return Finding(
            "CUDA", "wrong", f"The driver has {driver}, and torch sees no GPU{said}.", "unset CUDA_VISIBLE_DEVICES"
        )
    if asked:
        flags = patient.run("-m", f"{patient.package}.train", "--backend", "gloo")
        return Finding("CUDA", "wrong", "The project's backend is nccl, and there is no NVIDIA GPU.", flags)
    return Finding("CUDA", "note", "There is no NVIDIA GPU: runs are on the CPU.")


def _driver() -> str | None:
    """The machine's GPUs, as its driver names them, whatever torch sees."""
    if shutil.which("nvidia-smi") is None:
        return None
    words = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    names = done.stdout.strip().splitlines()
    return f"{_count(len(names), 'GPU')} ({names[0]})" if done.returncode == 0 and names else None


def _nccl(patient: Patient) -> Finding:
    needed = "nccl" in patient.chosen("backend") or len(patient.found["torch"]["gpus"]) > 1
    if patient.found["torch"]["nccl"]:
        return Finding("NCCL", "good", "This torch has it.")
    if needed:
        install = patient.run("-m", "pip", "install", "--force-reinstall", "torch")
        return Finding("NCCL", "wrong", "This torch was built without it, and several GPUs need it.", install)
    return Finding("NCCL", "note", "This torch was built without it; only several GPUs need it.")


def _gloo(patient: Patient) -> Finding:
    problem = patient.found["torch"]["gloo"]
    if problem is None:
        return Finding("gloo", "good", "A process group was made and left.")
    return Finding("gloo", "wrong", f"Processes cannot meet: {problem}.", "export GLOO_SOCKET_IFNAME=lo")


def _processes(patient: Patient, num_processes: int | None) -> Finding:
    """GPUs against the processes that are asked for here, by a launcher or by a scheduler."""
    num_gpus = len(patient.found["torch"]["gpus"])
    sources = ("LOCAL_WORLD_SIZE", "SLURM_NTASKS_PER_NODE")
    said = next(((name, os.environ[name]) for name in sources if os.environ.get(name, "").isdecimal()), None)
    name, number = (
        ("--nproc-per-node", num_processes) if num_processes else (said[0], int(said[1])) if said else ("", 1)
    )
    train = ["-m", f"{patient.package or 'PACKAGE'}.train", "--nproc-per-node"]
    if num_gpus and number > num_gpus:
        message = f"{name} asks for {_count(number, 'process')}, and there are {_count(num_gpus, 'GPU')}."
        return Finding("Processes", "wrong", message, patient.run(*train, str(num_gpus)))
    if num_gpus > max(number, 1):
        message = f"{_count(num_gpus - number, 'GPU')} would be idle: {_count(number, 'process')} for {num_gpus}."
        return Finding("Processes", "note", message, patient.run(*train, str(num_gpus)))
    cores = os.cpu_count() or 1
    if not num_gpus and number > cores:
        message = f"{name} asks for {_count(number, 'process')}, and there are {_count(cores, 'core')}."
        return Finding("Processes", "wrong", message, patient.run(*train, str(cores)))
    machine = _count(num_gpus, "GPU") if num_gpus else _count(cores, "core")
    return Finding("Processes", "good", f"{_count(number, 'process')}, {machine}.")


def _extra(patient: Patient, backend: str) -> Finding:
    subject, module, group = EXTRAS[backend]
    found = patient.found["modules"][module]
    if "version" in found:
        return Finding(subject, "good", f"{found['version'] or 'installed'}.")
    if backend in patient.chosen("backend"):
        install = patient.run("-m", "pip", "install", "-e", f".[{group}]")
        return Finding(subject, "wrong", f"The project's backend is {backend}: {found['error']}.", install)
    return Finding(subject, "note", "Not installed; the project does not ask for it.")


def _ruff(patient: Patient) -> Finding:
    if patient.can_import("ruff") or shutil.which("ruff"):
        return Finding("ruff", "good", "Installed.")
    install = patient.run("-m", "pip", "install", "ruff")
    return Finding("ruff", "note", "Not installed there; only checks of the project's own code need it.", install)


def _port() -> Finding:
    """The port at which processes of a launcher meet; the project's own `--nproc-per-node` finds a free one."""
    said = os.environ.get("MASTER_PORT")
    if said is not None and not (said.isdecimal() and 0 < int(said) < 65536):
        return Finding("Port", "wrong", f"MASTER_PORT is '{said}', and no port.", f"export MASTER_PORT={TORCHRUN_PORT}")
    port = int(said) if said else TORCHRUN_PORT
    if _is_free(port):
        return Finding("Port", "good", f"{port} is free for processes to meet at.")
    free = next(each for each in range(port % 65535 + 1, 65536) if _is_free(each))
    if said:
        return Finding("Port", "wrong", f"MASTER_PORT is {port}, which is taken.", f"export MASTER_PORT={free}")
    return Finding("Port", "note", f"torchrun's {port} is taken.", f"torchrun --master-port {free}")


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as torch's store does
        try:
            trial.bind(("", port))
        except OSError:
            return False
        return True


def _git(patient: Patient) -> Finding:
    if shutil.which("git") is None:
        return Finding("git", "note", "Not installed: edits of yours have no history.")
    around = (patient.folder.resolve(), *patient.folder.resolve().parents)
    if not any((folder / ".git").exists() for folder in around):
        return Finding("git", "note", "This folder is in no repository: edits of yours have no history.", "git init")
    return Finding("git", "good", "This folder is in a repository.")


def _count(number: int, noun: str) -> str:
    plural = "es" if noun.endswith("s") else "s"
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{plural}"
