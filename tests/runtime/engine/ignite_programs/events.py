"""Events of one's own, filters of all kinds, handles, and a run that is interrupted, cut and ended."""

import torch
from ignite.engine import Engine, EventEnum, Events, State
from ignite.handlers import TimeLimit, global_step_from_engine
from ignite.utils import convert_tensor


class BackpropEvents(EventEnum):
    """What happens within a step."""

    BACKWARD_STARTED = "backward_started"
    BACKWARD_COMPLETED = "backward_completed"
    OPTIM_STEP_COMPLETED = "optim_step_completed"


def main(folder):
    """Runs, and says what the handlers have seen."""
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)

    def update(engine, batch):
        (target,) = convert_tensor([batch], device="cpu")
        loss = (weight - target).pow(2).sum()
        engine.fire_event(BackpropEvents.BACKWARD_STARTED)
        loss.backward()
        engine.fire_event(BackpropEvents.BACKWARD_COMPLETED)
        engine.state.backwards += 1
        if engine.state.iteration % 3 == 0:
            optimizer.step()
            optimizer.zero_grad()
            engine.state.steps += 1
            engine.fire_event(BackpropEvents.OPTIM_STEP_COMPLETED)
        return loss.item()

    trainer = Engine(update)
    trainer.register_events(
        *BackpropEvents,
        event_to_attr={BackpropEvents.BACKWARD_COMPLETED: "backwards", BackpropEvents.OPTIM_STEP_COMPLETED: "steps"},
    )
    trainer.register_events("by_word", event_to_attr={"by_word": "words"})
    seen = []

    def note(engine, what, **more):
        name = engine.last_event_name
        seen.append((what, getattr(name, "name", name), engine.state.epoch, engine.state.iteration, *more.values()))

    def first_days(engine, event):
        return event in (1, 2, 5)

    trainer.add_event_handler(BackpropEvents.OPTIM_STEP_COMPLETED(every=2), note, "every second step")
    trainer.add_event_handler(BackpropEvents.BACKWARD_STARTED, lambda engine: None)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(event_filter=first_days), note, "by a function", more=7)
    trainer.add_event_handler(Events.ITERATION_STARTED(before=6, after=2), note, "between")
    trainer.add_event_handler(Events.ITERATION_STARTED(every=4, after=3, before=20), note, "each fourth of some")
    trainer.add_event_handler(Events.EPOCH_STARTED(once=[2, 4]), note, "twice")
    both = Events.EPOCH_COMPLETED(every=2) | Events.STARTED
    both = both | Events.COMPLETED
    assert len(list(both)) == 3
    assert both[0] == Events.EPOCH_COMPLETED
    handle = trainer.add_event_handler(both, note, "several")
    with trainer.add_event_handler(Events.GET_BATCH_STARTED(once=1), note, "never"):
        pass

    @trainer.on("by_word")
    def on_word(engine):
        seen.append("word")

    @trainer.on(Events.EPOCH_COMPLETED(once=3))
    def interrupt():
        handle.remove()
        trainer.interrupt()

    @trainer.on(Events.ITERATION_COMPLETED(once=17))
    def cut(engine):
        engine.state.words += 1
        engine.fire_event("by_word")
        engine.terminate_epoch()

    @trainer.on(Events.TERMINATE_SINGLE_EPOCH)
    def on_cut(engine, iter_counter):
        seen.append(("cut", iter_counter))

    @trainer.on(Events.INTERRUPT | Events.TERMINATE)
    def on_end(engine):
        note(engine, "end")

    @trainer.on(Events.ITERATION_COMPLETED)
    def on_nan(engine):
        if engine.state.iteration == 22:
            engine.terminate()

    data = [torch.tensor(float(number)) for number in range(5)]
    trainer.run(data, max_epochs=6)
    state = trainer.state
    seen.append(("interrupted", state.epoch, state.iteration, trainer.last_event_name.name))
    trainer.run(data, max_epochs=6)
    seen.append(("ended", state.epoch, state.iteration, trainer.last_event_name.name, state.words, state.steps))

    assert not trainer.has_event_handler(note, Events.COMPLETED)
    trainer.remove_event_handler(note, Events.EPOCH_STARTED)
    assert not trainer.has_event_handler(note, Events.EPOCH_STARTED)
    by_hand = State(epoch=3, iteration=30, note="by hand")
    counted = [by_hand.get_event_attrib_value(event) for event in (Events.EPOCH_STARTED, Events.ITERATION_COMPLETED)]
    step = global_step_from_engine(trainer, custom_event_name=Events.ITERATION_COMPLETED)
    refused = []
    for wrong in ({"every": 0}, {"once": 1.5}, {"event_filter": 3}, {"every": 2, "once": 1}, {}, {"once": []}):
        try:
            Events.ITERATION_STARTED(**wrong)
        except (TypeError, ValueError) as error:
            refused.append(type(error).__name__)
    limited = Engine(lambda engine, batch: None)
    limited.add_event_handler(Events.ITERATION_COMPLETED, TimeLimit(limit_sec=1000))
    assert limited.run(data, max_iters=12, epoch_length=5).epoch == 3
    return {"seen": seen, "counted": counted, "step": step(None, Events.COMPLETED), "refused": refused}
