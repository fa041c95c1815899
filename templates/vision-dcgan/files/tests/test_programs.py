"""A trained generator is measured again, makes images, and leaves the project as a file."""

import json
import sys
from pathlib import Path

import pytest
import torch
from project_name import evaluate, export, sample
from project_name.noise import make_noise
from project_name.trained import load_trained
from short_run import short_run


@pytest.fixture
def folder(tmp_path: Path, data_flags: list[str]) -> Path:
    """A short run's folder."""
    return short_run(tmp_path, data_flags)


def call(program: object, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs one of the project's programs in this process."""
    monkeypatch.setattr(sys, "argv", ["program", *arguments])
    program.main()  # type: ignore[attr-defined]


def test_a_trained_generator_is_used(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its metrics are printed as they are written; samples are the same for a seed; the exported file gives them."""
    assert {path.name for path in folder.iterdir()} >= {"samples", "samples.gif", "generated.png", "real.png"}
    capsys.readouterr()
    call(evaluate, [str(folder), "--json", "--backend", "none"], monkeypatch)
    written = json.loads((folder / "evaluation" / "test" / "results.json").read_text())
    assert json.loads(capsys.readouterr().out) == written
    assert written["metrics"].keys() == {"closeness", "mmd"}

    pictures: list[bytes] = []
    for name, seed in (("a.png", "1"), ("b.png", "1"), ("c.png", "2")):
        call(sample, [str(folder), "--count", "5", "--seed", seed, "--output", str(tmp_path / name)], monkeypatch)
        pictures.append((tmp_path / name).read_bytes())
    assert pictures[0] == pictures[1] != pictures[2]
    call(sample, [str(folder), "--count", "3", "--output", str(tmp_path / "each")], monkeypatch)
    assert [path.name for path in sorted((tmp_path / "each").iterdir())] == ["00000.png", "00001.png", "00002.png"]

    file = tmp_path / "network.pt2"
    call(export, [str(folder), "--output", str(file)], monkeypatch)
    trained = load_trained(folder)
    noise = make_noise(3, trained.sizes["latent_size"], seed=0)
    with torch.no_grad():
        torch.testing.assert_close(torch.export.load(file).module()(noise), trained.network(noise))


def test_no_images_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence."""
    with pytest.raises(SystemExit, match=r"^Error: --count should be at least 1, and is 0"):
        call(sample, [str(folder), "--count", "0"], monkeypatch)
