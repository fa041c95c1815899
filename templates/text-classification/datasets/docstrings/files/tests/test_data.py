"""Docstrings are found, masked and shared out."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from project_name.data import DataConfig, load_datasets, read_inputs
from project_name.docstrings import docstrings, mask, names_of

SOURCE = '"""A module of numpy."""\n\n\nclass Thing:\n    """A thing."""\n\n    def act(self):\n        """Acts."""\n'


def test_samples_have_the_documented_shape(data_config: DataConfig) -> None:
    """A text is (max_length,) numbers, with the index of a library; the three splits together are all texts."""
    datasets = load_datasets(data_config)
    tokens, label = datasets.train[0]
    assert (tokens.shape, tokens.dtype) == ((data_config.max_length,), torch.int64)
    assert label in (0, 1)
    assert datasets.info["classes"] == ["numpy", "torch"]
    sizes = [len(samples) for samples in (datasets.train, datasets.val, datasets.test)]  # type: ignore[arg-type]
    assert 100 < sum(sizes) <= 200
    assert sizes[0] > sizes[1] + sizes[2]


def test_the_same_texts_come_each_time(data_config: DataConfig) -> None:
    """Order, numbers and split depend on nothing but the configuration."""
    one, other = load_datasets(data_config), load_datasets(data_config)
    assert torch.equal(one.train[:][0], other.train[:][0])  # type: ignore[index]
    assert torch.equal(one.test[:][1], other.test[:][1])  # type: ignore[index]


def test_files_may_be_held_out(data_config: DataConfig) -> None:
    """Whole files are in one split, which gives other splits than docstrings do."""
    by_file = load_datasets(replace(data_config, held_out="files", docstrings_per_library=300))
    sizes = [len(samples) for samples in (by_file.train, by_file.val, by_file.test)]  # type: ignore[arg-type]
    assert all(sizes)
    assert sizes[0] > max(sizes[1:])


def test_all_definitions_are_read(tmp_path: Path) -> None:
    """Module, classes and functions, with their names; what is no Python has none."""
    (tmp_path / "x.py").write_text(SOURCE)
    assert docstrings(tmp_path / "x.py") == [("", "A module of numpy."), ("Thing", "A thing."), ("Thing.act", "Acts.")]
    (tmp_path / "y.py").write_text("def:")
    assert docstrings(tmp_path / "y.py") == []


def test_names_of_libraries_are_masked() -> None:
    """As words and in dotted names, also as installed; not within other words."""
    names = names_of(["torch", "sklearn", "pip"])
    assert mask("A\n  torch.Tensor of PyTorch, in a pipeline", names) == "A library.Tensor of library, in a pipeline"


def test_a_library_that_is_not_there_is_named(data_config: DataConfig) -> None:
    """The message says which there are."""
    with pytest.raises(SystemExit, match=r"Error: Not installed here: nothing_here\.\n.*torch"):
        load_datasets(replace(data_config, libraries=("torch", "nothing_here")))


def test_a_file_gives_its_docstrings(data_config: DataConfig, tmp_path: Path) -> None:
    """Of a Python file each docstring; of another file each line; a file without any is told."""
    info = load_datasets(data_config).info
    file = tmp_path / "x.py"
    file.write_text(SOURCE)
    names, tokens = zip(*read_inputs(file, data_config, info), strict=True)
    assert names == (str(file), f"{file}:Thing", f"{file}:Thing.act")
    assert tokens[0].shape == (data_config.max_length,)
    file.write_text("x = 1\n")
    with pytest.raises(SystemExit, match="no docstring"):
        read_inputs(file, data_config, info)
