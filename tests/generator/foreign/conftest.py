"""The command without a terminal, in this process and in a folder of each test's own; templates run in theirs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.generator.cli.conftest import Ended, plain_environment

from scaffold.cli.app import run

Scaffold = Callable[..., Ended]


@pytest.fixture
def scaffold(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Scaffold:
    """Runs `scaffold WORDS` in the test's folder, by a user who has agreed to nothing yet."""
    config = tmp_path_factory.mktemp("config")

    def call(*words: str | Path, **changes: str) -> Ended:
        environment = plain_environment(**({} if "HOME" in changes else {"XDG_CONFIG_HOME": str(config)}), **changes)
        with monkeypatch.context() as patch:
            for name in set(os.environ) - set(environment):
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(tempfile, "tempdir", None)  # asked for anew
            patch.chdir(tmp_path)
            capfd.readouterr()
            code = run(list(map(str, words)))
            printed = capfd.readouterr()
            return Ended(code, printed.out, printed.err)

    return call
