"""What `idist` knows of this process, for a log."""

from __future__ import annotations

import logging
from typing import Any

from . import context


def show_config() -> None:
    """Logs what the getters say."""
    answers: dict[str, Any] = {
        "distributed configuration": context.model_name(),
        "backend": context.backend(),
        "device": context.device(),
        "hostname": context.hostname(),
        "world size": context.get_world_size(),
        "rank": context.get_rank(),
        "local rank": context.get_local_rank(),
        "num processes per node": context.get_nproc_per_node(),
        "num nodes": context.get_nnodes(),
        "node rank": context.get_node_rank(),
    }
    for question, answer in answers.items():
        logging.getLogger(__name__).info("%s: %s", question, answer)
