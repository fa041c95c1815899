"""A trained run makes up text, and leaves what it made up after each epoch."""

import sys
from pathlib import Path

import pytest
from project_name import sample
from short_run import short_run


@pytest.fixture
def folder(tmp_path: Path, data_flags: list[str]) -> Path:
    """A short run's folder."""
    return short_run(tmp_path, data_flags)


def sampled(folder: Path, flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the program prints."""
    monkeypatch.setattr(sys, "argv", ["sample", str(folder), *flags])
    capsys.readouterr()
    sample.main()
    return capsys.readouterr().out


def test_the_prompt_is_gone_on_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text begins with it, and is the same for the same seed."""
    flags = ["--prompt", "The cat", "--tokens", "10"]
    text = sampled(folder, flags, monkeypatch, capsys)
    assert text.startswith("The cat")
    assert len(text) > len("The cat\n")
    assert sampled(folder, flags, monkeypatch, capsys) == text
    with pytest.raises(SystemExit, match="--temperature at least 0"):
        sampled(folder, ["--temperature", "-1"], monkeypatch, capsys)


def test_texts_and_a_picture_are_left(folder: Path) -> None:
    """Of each epoch's samples, and of held-out text."""
    assert "==== epoch 1" in (folder / "samples.txt").read_text()
    page = (folder / "surprise.html").read_text()
    assert "bits per byte" in page
    assert "<span" in page
