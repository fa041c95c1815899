"""Without the hub nobody waits for it."""

from pathlib import Path

import pytest
from huggingface_hub import constants
from project_name.hub_access import look_for_hub


def test_a_hub_that_does_not_answer_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is loaded from a folder does not ask it at all."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")  # where nobody listens
    look_for_hub(str(tmp_path))
    assert not constants.HF_HUB_OFFLINE
    look_for_hub("somebody/something")
    assert constants.HF_HUB_OFFLINE
