"""What a trained network says of files is written whole, and what cannot be read is told."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from project_name import predict
from project_name.data import load_datasets
from project_name.predict import write
from project_name.task import to_predictions
from project_name.trained import load_trained
from short_run import short_run


def test_rows_are_written_by_the_ending_of_the_file(tmp_path: Path) -> None:
    """CSV has a line of names first; JSON is a list of objects."""
    rows = [{"sample": "a, b", "class": "x"}, {"sample": "c", "class": "y"}]
    write(tmp_path / "x.csv", rows)
    write(tmp_path / "x.json", rows)
    assert (tmp_path / "x.csv").read_text() == 'sample,class\n"a, b",x\nc,y\n'
    assert json.loads((tmp_path / "x.json").read_text()) == rows


@pytest.fixture
def folder(tmp_path: Path, data_flags: list[str]) -> Path:
    """A short run's folder."""
    return short_run(tmp_path, data_flags)


def test_there_is_a_prediction_for_each_sample(folder: Path) -> None:
    """In the order of the samples, whatever the batches are; each can be written as JSON."""
    trained = load_trained(folder)
    # In half precision a sample's outputs depend a little on the others of its batch.
    trained = replace(trained, config=replace(trained.config, precision="fp32"))
    samples = load_datasets(trained.config.data).test
    inputs = [samples[index][0] for index in range(5)]
    outputs = predict.predict(trained, inputs)
    rows = to_predictions(outputs, trained.info)
    assert len(rows) == len(json.loads(json.dumps(rows))) == 5
    with torch.no_grad():
        torch.testing.assert_close(outputs[4], trained.network(inputs[4][None])[0])


def test_a_file_that_cannot_be_read_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, and no table is written."""
    output = tmp_path / "predictions.csv"
    monkeypatch.setattr(sys, "argv", ["predict", str(folder), str(tmp_path / "nothing.png"), "--output", str(output)])
    with pytest.raises(SystemExit, match=r"Error: .*nothing\.png"):
        predict.main()
    assert not output.exists()
