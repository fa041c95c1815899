"""The standard library's sources are what the network reads."""

import torch
from project_name.data import DataConfig, load_datasets
from project_name.tokens import Tokenizer


def test_samples_have_the_documented_shape(data_config: DataConfig) -> None:
    """A sample is (length,) tokens, and (2, length) next tokens and their bytes; the tokens are Python."""
    datasets = load_datasets(data_config)
    tokens, targets = datasets.train[0]
    assert (tokens.shape, targets.shape) == ((data_config.length,), (2, data_config.length))
    assert tokens.dtype == targets.dtype == torch.int64
    assert torch.equal(tokens[1:], targets[0, :-1])
    joined = torch.cat([datasets.train[index][0] for index in range(len(datasets.train))])  # type: ignore[arg-type]
    assert b"import " in Tokenizer.from_info(datasets.info).decode(joined)


def test_the_same_text_comes_each_time(data_config: DataConfig) -> None:
    """Tokens, and which files are held out, depend on nothing but the configuration."""
    one, other = load_datasets(data_config), load_datasets(data_config)
    assert one.info == other.info
    assert torch.equal(one.test[0][0], other.test[0][0])
