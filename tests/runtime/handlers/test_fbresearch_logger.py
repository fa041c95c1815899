"""Lines in the manner of Facebook AI Research's detectors, beside those of Ignite."""

import logging
import re
import warnings

import pytest
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
    from ignite import engine as their_engine
    from ignite import handlers as their_handlers

from scaffold_runtime import engine, handlers


class Lines:
    """A logger that keeps what it is told."""

    def __init__(self):
        self.lines = []

    def info(self, line):
        """One more line."""
        self.lines.append(line)


def lines_of(lib, engines, output, data, max_epochs=2, **options):
    """What a run writes, with 0 for each time."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.125)
    logger, trainer = Lines(), engines.Engine(lambda engine, batch: output)
    trainer.state.alpha = 0.5
    log = lib.FBResearchLogger(logger, show_output=True)
    log.attach(trainer, "Train", every=2, optimizer=optimizer, state_attributes=["alpha"], **options)
    trainer.run(data, max_epochs=max_epochs)
    return [re.sub(r"0\.\d{4} s", "0 s", line) for line in logger.lines]


@pytest.mark.parametrize(
    "output",
    [
        0.5,
        {"loss": torch.tensor(0.25), "more": [1, 2.0]},
        {"vector": torch.arange(3.0), "long": torch.arange(20.0), "matrix": torch.zeros(2, 3)},
        (1.0, torch.tensor(2)),
    ],
    ids=["number", "mapping", "tensors", "tuple"],
)
@pytest.mark.parametrize("max_epochs", [1, 2])
def test_the_words_of_a_line(output, max_epochs):
    """The numbers that stand in Ignite's lines stand in ours, in the same order."""
    ours = lines_of(handlers, engine, output, [0] * 4, max_epochs)
    theirs = lines_of(their_handlers, their_engine, output, [0] * 4, max_epochs)
    assert len(ours) == len(theirs) == max_epochs * 4 + (max_epochs > 1)
    for own, there in zip(ours, theirs, strict=True):
        number = r"\d+\.?\d*"
        assert re.findall(number, own) == re.findall(number, there)
        assert set(re.findall(r"[A-Za-z]+", own)) == set(re.findall(r"[A-Za-z]+", there))


def test_groups_and_a_stream():
    """Each parameter group's rate is shown, and data without a length has no time of arrival."""
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1)], "lr": rate} for rate in (0.5, 0.25)])
    logger, trainer = Lines(), engine.Engine(lambda engine, batch: None)
    handlers.FBResearchLogger(logger, delimiter="; ").attach(trainer, "Train", optimizer=optimizer)
    trainer.run(iter([1, 2]))
    assert logger.lines[0] == "Train: start epoch [1/1]"
    assert logger.lines[1].startswith("Epoch [1/1]; [1/?]:; lr [g0]: 0.50000 lr [g1]: 0.25000; Iter time: ")


def test_a_logger_of_the_standard_library(caplog):
    """It is told at level INFO."""
    trainer = engine.Engine(lambda engine, batch: None)
    handlers.FBResearchLogger(logging.getLogger("lines")).attach(trainer, "Train")
    with caplog.at_level(logging.INFO, "lines"):
        trainer.run([0])
    assert [record.levelname for record in caplog.records if record.name == "lines"] == ["INFO"] * 3
