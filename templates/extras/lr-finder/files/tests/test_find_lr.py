"""The range test of the learning rate."""

import re
from pathlib import Path

import pytest
from project_name import find_lr
from project_name.config import parse_config

SMALL = ["--backend", "none", "--data.batch-size", "16", "--overfit-batches", "1", "--no-compile"]
# One batch: others are harder or easier by chance, and the first loss may be the least.


def test_a_picture_and_a_number(
    tmp_path: Path, data_flags: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says a rate between its ends, whatever the one to start from, and draws the curve; all is seeded."""
    monkeypatch.setattr(find_lr, "ITERATIONS", 60)
    told = []
    for rate in ("0", "0.003"):
        flags = ["--optimizer.learning-rate", rate, "--output-dir", str(tmp_path)]
        find_lr.run(0, parse_config([*SMALL, *data_flags, *flags]))
        told.append(re.findall(r"learning rate (\S+):", capsys.readouterr().out))
    assert told[0] == told[1]
    assert find_lr.LOWEST < float(told[0][0]) < find_lr.HIGHEST
    assert (tmp_path / "find_lr.png").read_bytes().startswith(b"\x89PNG")
