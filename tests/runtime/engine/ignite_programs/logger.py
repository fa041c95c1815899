"""A logger and a handler of one's own, derived from Ignite's base classes, saved with the run."""

import torch
from ignite.base import ResettableHandler, Serializable
from ignite.contrib.engines import common
from ignite.engine import Engine, Events
from ignite.handlers import Checkpoint, TerminateOnNan
from ignite.handlers.base_logger import BaseLogger, BaseOptimizerParamsHandler, BaseOutputHandler


class ListLogger(BaseLogger):
    """Keeps what is logged in a list."""

    def __init__(self):
        self.lines = []

    def _create_output_handler(self, *args, **kwargs):
        return ListOutput(*args, **kwargs)

    def _create_opt_params_handler(self, *args, **kwargs):
        return ListRates(*args, **kwargs)

    def close(self):
        self.lines.append("closed")


class ListOutput(BaseOutputHandler):
    """Outputs and metrics."""

    def __call__(self, engine, logger, event_name):
        step = self.global_step_transform(engine, event_name)
        if event_name == Events.EPOCH_COMPLETED:
            logger.lines.append("an epoch")
        values = self._setup_output_metrics_state_attrs(engine, log_text=True)
        logger.lines += [(*name, step, value) for name, value in sorted(values.items())]
        values = self._setup_output_metrics_state_attrs(engine, key_tuple=False)
        logger.lines += sorted(values.items())


class ListRates(BaseOptimizerParamsHandler):
    """Learning rates."""

    def __call__(self, engine, logger, event_name):
        step = engine.state.get_event_attrib_value(event_name)
        logger.lines.append((step, [group[self.param_name] for group in self.optimizer.param_groups]))


class Worst(Serializable, ResettableHandler):
    """Remembers the worst loss."""

    _state_dict_all_req_keys = ("worst",)

    def __init__(self):
        self.reset()

    def reset(self):
        self.worst = 0.0

    def attach(self, engine):
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def __call__(self, engine):
        self.worst = max(self.worst, engine.state.output)

    def state_dict(self):
        return {"worst": self.worst}

    def load_state_dict(self, state_dict):
        super().load_state_dict(state_dict)
        self.worst = state_dict["worst"]


def main(folder):
    """Trains until the loss is no number."""
    weight = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.25)

    def step(engine, batch):
        optimizer.zero_grad()
        loss = (weight * batch).sum()
        loss.backward()
        optimizer.step()
        return loss.item()

    trainer, evaluator = Engine(step), Engine(lambda engine, batch: None)
    worst = Worst()
    worst.attach(trainer)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine):
        evaluator.state.metrics = {"score": engine.state.epoch / 10}
        evaluator.run([0])

    evaluator.add_event_handler(Events.STARTED, lambda engine: engine.state.metrics.update(score=trainer.state.epoch))
    with ListLogger() as logger:
        logger.attach_output_handler(evaluator, Events.COMPLETED, tag="validation", metric_names="all")
        logger.attach_output_handler(
            evaluator,
            Events.EPOCH_COMPLETED(every=1),
            tag="steps",
            metric_names=["score"],
            output_transform=lambda output: {"list": [1, torch.tensor(2.5)], "vector": torch.tensor([3.0, 4.0])},
            state_attributes=["epoch_length"],
            global_step_transform=lambda engine, event: trainer.state.iteration,
        )
        logger.attach_opt_params_handler(trainer, Events.EPOCH_STARTED(once=2), optimizer, tag="lr")
        tb_logger = common.setup_tb_logging(
            str(folder / "tb"), trainer, {"sgd": optimizer}, {"val": evaluator}, log_every_iters=2
        )
        batches = [0.5, 1.0, -2.0]
        trainer.run(batches, max_epochs=2)
        checkpoint = Checkpoint({"worst": worst, "trainer": trainer}, folder, include_self=True)
        checkpoint(trainer)
        trainer.run([1.0, float("nan"), 3.0], max_epochs=4)
    tb_logger.close()
    again = Worst()
    Checkpoint.load_objects({"worst": again}, checkpoint.last_checkpoint)
    try:
        again.load_state_dict({"best": 1})
        refused = None
    except ValueError as error:
        refused = type(error).__name__
    return {
        "lines": logger.lines,
        "worst": again.worst,
        "end": (trainer.state.epoch, trainer.state.iteration, trainer.last_event_name.name),
        "refused": refused,
        "files": sorted(path.name for path in folder.glob("*.pt")),
    }
