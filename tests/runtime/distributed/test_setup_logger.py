"""A logger for engines."""

import io
import logging
import re
import warnings

from scaffold_runtime.engine import Engine
from scaffold_runtime.utils import setup_logger

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from ignite import utils as theirs


def conversation(setup, name):
    """What is written by a logger that is set up, set up again, and set up anew."""
    first, second, third = io.StringIO(), io.StringIO(), io.StringIO()
    setup(name, stream=first, format="1 %(message)s").info("one")
    again = setup(name, stream=second, format="2 %(message)s", level=logging.WARNING)
    again.info("two")
    anew = setup(name, stream=third, format="3 %(message)s", level=logging.WARNING, reset=True)
    anew.info("three")
    anew.warning("four")
    return [stream.getvalue() for stream in (first, second, third)], again.propagate


def test_once_or_anew():
    """As Ignite's: a logger stays as it was set up first, unless it is reset."""
    written = conversation(setup_logger, "test_once_or_anew.ours")
    assert written == conversation(theirs.setup_logger, "test_once_or_anew.theirs")
    assert written == (["1 one\n1 two\n", "", "3 four\n"], False)


def test_one_that_only_has_a_name():
    """A logger that somebody has asked for is set up all the same: an engine's own, for instance."""
    engine, stream = Engine(lambda engine, batch: None), io.StringIO()
    logger = setup_logger(engine.logger.name, stream=stream, format="%(message)s")
    try:
        engine.run([0, 1])
    finally:
        logger.handlers.clear()
        logger.propagate, logger.level = True, logging.NOTSET
    assert stream.getvalue().splitlines()[-1] == "Run finished at epoch 1, iteration 2."


def test_it_tells_where_epochs_and_runs_end():
    """An engine says once for each epoch, and once for the run, that it has ended."""
    engine, stream = Engine(lambda engine, batch: None), io.StringIO()
    engine.logger = setup_logger("test_where_epochs_end", stream=stream, format="%(message)s")
    engine.run([0, 1], max_epochs=2)
    lines = [re.sub(r" in [\d.]+ s\.$", "", line) for line in stream.getvalue().splitlines()]
    assert lines == ["Epoch 1 complete", "Epoch 2 complete", "Run finished at epoch 2, iteration 4."]


def test_other_processes_keep_quiet():
    """Only process 0 writes; the others do not even make their lines."""
    stream = io.StringIO()
    logger = setup_logger("test_other_processes", stream=stream, distributed_rank=1)
    logger.info("nothing")
    assert stream.getvalue() == ""
    assert not logger.isEnabledFor(logging.INFO)
