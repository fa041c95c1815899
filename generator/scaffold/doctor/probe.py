"""Looks at a Python environment from within: run by the project's own interpreter, with the standard library only.

`python probe.py` reads a request from standard input (JSON) and prints what it found (JSON). It imports torch and what
else is asked for, each so that one that fails says why and leaves the others to be looked at. This tool never imports
torch itself, and knows of an environment what this program says.
"""

import importlib
import importlib.metadata
import json
import os
import re
import socket
import sys
from typing import Any


def version_of(module: str) -> dict[str, Any]:
    """The version of a module, or why it cannot be imported."""
    try:
        return {"version": str(getattr(importlib.import_module(module), "__version__", ""))}
    except ModuleNotFoundError as error:
        return {"error": f"there is no module '{error.name}'", "missing": error.name == module.partition(".")[0]}
    except BaseException as error:  # a broken library may raise anything, SystemExit too
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}


def look_at_torch() -> dict[str, Any]:
    """What torch can do here."""
    import torch
    import torch.distributed as dist

    found: dict[str, Any] = {"cuda_build": torch.version.cuda, "gpus": [], "distributed": dist.is_available()}
    found["nccl"] = dist.is_available() and dist.is_nccl_available()
    found["gloo"] = (
        try_gloo() if dist.is_available() and dist.is_gloo_available() else "this torch was built without it"
    )
    if torch.version.cuda is None:
        return found
    try:
        torch.cuda.init()
        found["gpus"] = [torch.cuda.get_device_name(each) for each in range(torch.cuda.device_count())]
        for each in range(torch.cuda.device_count()):
            torch.ones(2, device=f"cuda:{each}").sum().item()  # a kernel that the device cannot run fails here
    except Exception as error:
        found["cuda_error"] = str(error).splitlines()[0]
    return found


def try_gloo() -> str | None:
    """Why a group of one process cannot meet by gloo; nothing if it can."""
    import torch.distributed as dist

    try:
        dist.init_process_group("gloo", init_method="tcp://127.0.0.1:0", rank=0, world_size=1)
        dist.barrier()
        dist.destroy_process_group()
    except Exception as error:
        return str(error).splitlines()[0]
    return None


def look_at_requirements(texts: list[str]) -> list[str]:
    """The requirements that are not met."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        try:
            from pip._vendor.packaging.requirements import Requirement  # pyright: ignore
        except ImportError:
            return [text for text in texts if not is_installed(re.split(r"[^\w.-]", text)[0])]
    unmet: list[str] = []
    for text in texts:
        try:
            requirement: Any = Requirement(text)
        except ValueError:
            unmet.append(f"{text} (no requirement)")
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            unmet.append(f"{text} (missing)")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            unmet.append(f"{text} ({found} is there)")
    return unmet


def is_installed(name: str) -> bool:
    """Whether a distribution is there, in any version."""
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def main() -> None:
    """Answers one request."""
    request = json.load(sys.stdin)
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not the answer
    modules = {name: version_of(name) for name in request["modules"]}
    found: dict[str, Any] = {
        "python": list(sys.version_info[:3]),
        "in_environment": sys.prefix != sys.base_prefix,
        "modules": modules,
        "unmet": look_at_requirements(request["requirements"]),
        "host": socket.gethostname(),
        "torch": look_at_torch() if "version" in modules.get("torch", {}) else None,
    }
    json.dump(found, answer)
    answer.flush()
    os._exit(0)  # some libraries wait at the end for threads of theirs


if __name__ == "__main__":
    main()
