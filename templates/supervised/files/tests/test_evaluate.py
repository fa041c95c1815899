"""A trained network is measured again, and leaves the project as a file."""

import json
import sys
from pathlib import Path

import pytest
import torch
from project_name import evaluate, export
from project_name.data import load_datasets
from project_name.loaders import make_loader
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


def test_it_measures_all_test_samples(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The metrics are those of the best network on every sample, and are printed as they are written."""
    call(evaluate, [str(folder), "--json", "--backend", "none"], monkeypatch)
    written = json.loads((folder / "evaluation" / "test" / "results.json").read_text())
    assert json.loads(capsys.readouterr().out) == written
    assert written["metrics"]
    assert written["checkpoint"].startswith(f"{load_trained(folder).config.keep}_")


def test_an_exported_network_needs_no_project(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file gives the network's outputs, for a batch of another size too."""
    file = tmp_path / "network.pt2"
    call(export, [str(folder), "--output", str(file)], monkeypatch)
    trained = load_trained(folder)
    config = trained.config
    loader = make_loader(load_datasets(config.data).test, config.data, config.seed, evaluate=True)
    inputs = next(iter(loader))[0][:3]
    with torch.no_grad():
        found, expected = torch.export.load(file).module()(inputs), trained.network(inputs)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("program", [evaluate, export])
def test_other_data_are_refused(program: object, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured or compared on data that say something else would mean nothing; nothing is written."""
    known = json.loads((folder / "data.json").read_text())
    known["info"]["more"] = 1
    (folder / "data.json").write_text(json.dumps(known))
    with pytest.raises(SystemExit, match=r"^Error: The data have changed since '.*' began: info more\."):
        call(program, [str(folder)], monkeypatch)
    assert not (folder / "evaluation").exists()
    assert not (folder / "network.pt2").exists()


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    """One sentence, and what to give instead."""
    with pytest.raises(SystemExit, match="is no run's folder"):
        load_trained(tmp_path)


def test_a_damaged_best_network_is_passed_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next checkpoint is used, and the damage is told."""
    best = load_trained(folder).file
    whole = best.read_bytes()
    best.write_bytes(whole[: len(whole) // 2])
    try:
        assert load_trained(folder).file != best
        assert best.name in capsys.readouterr().err
    finally:
        best.write_bytes(whole)
