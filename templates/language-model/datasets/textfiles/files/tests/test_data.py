"""The texts are read as they are, and what is missing is told."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from project_name.data import DataConfig, cut, find_files, load_datasets


def test_samples_have_the_documented_shape(data_config: DataConfig) -> None:
    """A sample is (length,) tokens, and (2, length) next tokens and their bytes."""
    tokens, targets = load_datasets(data_config).val[0]
    assert (tokens.shape, targets.shape) == ((16,), (2, 16))
    assert tokens.dtype == targets.dtype == torch.int64


def test_few_texts_are_cut_where_lines_end(data_config: DataConfig, root: Path) -> None:
    """The three parts of a text together are the text; a part is as long as was asked for."""
    text = (root / "0.txt").read_bytes()
    parts = cut([text], replace(data_config, val_fraction=0.1, test_fraction=0.2))
    assert parts.train[0] + parts.val[0] + parts.test[0] == text
    assert parts.train[0].endswith(b"\n")
    assert [len(part[0]) / len(text) for part in (parts.train, parts.val, parts.test)] == pytest.approx(
        [0.7, 0.1, 0.2], abs=0.03
    )


def test_many_files_are_shared_out_whole(data_config: DataConfig, root: Path) -> None:
    """Held-out files have a text of their own."""
    for number in range(100):
        (root / f"more {number}.txt").write_text(f"text {number}")
    config = replace(data_config, val_fraction=0.2, test_fraction=0.2)
    datasets = load_datasets(config)
    assert datasets.info["baselines"]["val"]["bytes"] != datasets.info["baselines"]["test"]["bytes"]


def test_less_text_may_be_asked_for(data_config: DataConfig) -> None:
    """Of each part only so many bytes, and one for its end."""
    datasets = load_datasets(replace(data_config, max_train_bytes=500, max_held_out_bytes=50))
    assert datasets.info["baselines"]["test"]["bytes"] == 51


def test_one_file_is_enough(data_config: DataConfig, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that is named from the home folder."""
    monkeypatch.setenv("HOME", str(root))
    assert list(find_files(replace(data_config, root=Path("~/1.txt")))) == ["1.txt"]


def test_hidden_files_are_passed_over(data_config: DataConfig, root: Path) -> None:
    """What editors and git leave is no text."""
    (root / ".git").mkdir()
    (root / ".git" / "x.txt").write_text("x")
    assert sorted(find_files(data_config)) == ["0.txt", "1.txt", "2.txt", "3.txt"]


def test_what_is_missing_is_told(data_config: DataConfig, root: Path) -> None:
    """A folder that there is not, and one without such files, with what it has."""
    with pytest.raises(SystemExit, match=r"no file or folder '.*nowhere'\.\nHint:  --data\.root"):
        load_datasets(replace(data_config, root=root / "nowhere"))
    with pytest.raises(SystemExit, match=r"no file that '\*\.md' fits; it has \['\.txt'\]\.\nHint:  --data\.pattern"):
        load_datasets(replace(data_config, pattern="*.md"))
