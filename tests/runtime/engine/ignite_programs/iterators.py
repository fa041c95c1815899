"""Data that is an iterator: infinite, finite, of unknown length, and replaced on the way by handlers."""

import torch
from ignite.engine import Engine, Events


def endless(batch_size):
    """Batches without an end."""
    number = 0
    while True:
        yield torch.full((batch_size,), number)
        number += 1


def finite(size):
    """So many batches, once."""
    yield from torch.arange(size).split(1)


def run(data, handlers, **asked):
    """The batches that an engine sees, and where it ends."""
    seen = []
    engine = Engine(lambda engine, batch: seen.append((engine.state.epoch, engine.state.iteration, int(batch[0]))))
    for event, handler in handlers:
        engine.add_event_handler(event, handler)
    state = engine.run(data, **asked)
    return seen, state.epoch, state.iteration, state.epoch_length


def main(folder):
    """Runs over all kinds, and says what came."""

    def restart(engine):
        engine.state.dataloader = finite(5)

    def next_part(engine):
        engine.state.dataloader = (torch.arange(4) + 10 * engine.state.epoch).split(1)

    def give_next_part(engine):
        engine.set_data((torch.arange(4) + 10 * engine.state.epoch).split(1))

    def longer(engine):
        engine.state.max_epochs = 3

    def double(engine):
        engine.state.batch = engine.state.batch * 2

    at_end, known = Events.DATALOADER_STOP_ITERATION, Events.ITERATION_COMPLETED(every=5)
    parts = torch.arange(4).split(1)
    return {
        "endless": run(endless(3), [], max_epochs=3, epoch_length=4),
        "unknown": run(finite(5), [(at_end, restart)], max_epochs=3),
        "unknown, cut": run(finite(5), [(at_end, restart)], max_epochs=3, epoch_length=4),
        "known": run(finite(5), [(known, restart)], max_epochs=3),
        "at start": run(parts, [(Events.EPOCH_STARTED, next_part)], max_epochs=3),
        "at end": run(parts, [(Events.EPOCH_COMPLETED, next_part)], max_epochs=3),
        "given": run(parts, [(Events.EPOCH_COMPLETED, give_next_part)], max_epochs=3),
        "longer": run(parts, [(Events.EPOCH_COMPLETED(once=2), longer)], max_epochs=2),
        "changed": run(parts, [(Events.ITERATION_STARTED, double)], max_epochs=1),
    }
