"""Windows have each token once, and files stay where their names put them."""

from pathlib import Path

import pytest
import torch
from project_name.corpus import NO_TOKEN, CorpusConfig, Texts, Windows, describe, make_datasets, share_out


@pytest.mark.parametrize("count", [2, 8, 9, 10, 13])
def test_each_token_but_the_first_is_a_target_once(count: int) -> None:
    """In order, after the tokens before it; the last window is filled up with what counts for nothing."""
    tokens, byte_counts = torch.arange(count) + 20, torch.arange(100) % 3
    windows = Windows(tokens, byte_counts, length=4)
    inputs, targets = zip(*(windows[index] for index in range(len(windows))), strict=True)
    found = torch.cat([target[0] for target in targets])
    there = found != NO_TOKEN
    assert found[there].tolist() == tokens[1:].tolist()
    assert torch.cat(inputs)[there].tolist() == tokens[:-1].tolist()
    bytes_of = torch.cat([target[1] for target in targets])
    assert bytes_of[there].tolist() == byte_counts[tokens[1:]].tolist()
    assert bytes_of[~there].sum() == 0
    assert there.sum() > len(found) - 4


def test_a_file_stays_in_its_part(tmp_path: Path) -> None:
    """Whatever other files there are; every file is in one part."""
    files: dict[str, Path] = {}
    for number in range(100):
        files[f"{number}.txt"] = tmp_path / f"{number}.txt"
        files[f"{number}.txt"].write_text(f"text {number}")
    config = CorpusConfig(val_fraction=0.2, test_fraction=0.2)
    all_texts = share_out(files, config)
    assert sorted([*all_texts.train, *all_texts.val, *all_texts.test]) == sorted(
        f"text {n}".encode() for n in range(100)
    )
    assert all(10 <= len(part) <= 35 for part in (all_texts.val, all_texts.test))
    half = share_out({name: files[name] for name in sorted(files)[:50]}, config)
    assert set(half.val) <= set(all_texts.val)
    assert set(half.test) <= set(all_texts.test)


def test_less_text_may_be_asked_for(tmp_path: Path) -> None:
    """Files are read until there is enough; the last one in part."""
    files = {f"{number}": tmp_path / f"{number}" for number in range(60)}
    for file in files.values():
        file.write_bytes(b"12345")
    texts = share_out(
        files, CorpusConfig(val_fraction=0.2, test_fraction=0.2, max_train_bytes=12, max_held_out_bytes=3)
    )
    assert [sum(map(len, part)) for part in (texts.train, texts.val, texts.test)] == [12, 3, 3]


def test_tokens_and_baselines_go_with_the_data() -> None:
    """What is saved says what the network has to be better than."""
    text = b"the cat and the dog and the bird\n" * 20
    datasets = make_datasets(Texts([text], [text], [text]), CorpusConfig(length=8))
    assert set(datasets.sizes) == {"vocabulary_size", "length"}
    test = datasets.info["baselines"]["test"]
    assert 0 < test["order_2"] < 1.5
    assert 0 < test["gzip"] < 1.5
    assert f"{test['order_2']} bits per byte by an order-2 model" in describe(datasets.info)


def test_a_part_without_text_is_told() -> None:
    """The message says which."""
    with pytest.raises(SystemExit, match="no text for 'val'"):
        make_datasets(Texts([b"abc" * 9], [], [b"abc"]), CorpusConfig())
