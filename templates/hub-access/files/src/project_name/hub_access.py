"""The hub of Hugging Face: whether it answers."""

from pathlib import Path

from huggingface_hub import constants
from huggingface_hub.utils import get_session

SECONDS = 10.0
"""For an answer."""


def look_for_hub(name: str) -> None:
    """Has its libraries use what was downloaded before, if it does not answer: they would try for half a minute a file.

    Args:
        name: what is to be loaded; a folder needs no hub.
    """
    if constants.HF_HUB_OFFLINE or Path(name).is_dir():
        return
    try:
        get_session().head(constants.ENDPOINT, timeout=SECONDS)
    except Exception:  # of whichever library asks for them: no network, no such name, no answer in time
        constants.HF_HUB_OFFLINE = True
