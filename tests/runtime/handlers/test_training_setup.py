"""The usual handlers, attached by one call each."""

import re

import pytest
import torch
from torch import nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine, Events, create_supervised_trainer
from scaffold_runtime.handlers.param_scheduler import LRScheduler
from scaffold_runtime.handlers.training_setup import (
    add_early_stopping_by_val_score,
    gen_save_best_models_by_val_score,
    save_best_model_by_val_score,
    setup_common_training_handlers,
)


def test_checkpoints(tmp_path):
    """Objects are saved every so many iterations, and load again."""
    model = nn.Linear(1, 1)
    trainer = Engine(lambda engine, batch: 0.0)
    setup_common_training_handlers(
        trainer,
        to_save={"model": model, "trainer": trainer},
        save_every_iters=2,
        output_path=str(tmp_path),
        with_pbars=False,
        n_saved=2,
    )
    trainer.run([0] * 5, max_epochs=1)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [
        "training_checkpoint_2.pt",
        "training_checkpoint_4.pt",
    ]
    saved = torch.load(tmp_path / "training_checkpoint_4.pt", weights_only=True)
    assert torch.equal(saved["model"]["weight"], model.weight)


def test_own_save_handler():
    """A function of the caller's may save instead of a folder."""
    saved = []
    trainer = Engine(lambda engine, batch: 0.0)
    setup_common_training_handlers(
        trainer,
        to_save={"model": nn.Linear(1, 1)},
        save_every_iters=1,
        save_handler=lambda checkpoint, filename: saved.append(filename),
        with_pbars=False,
    )
    trainer.run([0, 0])
    assert saved == ["training_model_1.pt", "training_model_2.pt"]


def test_schedules():
    """A schedule of torch steps after each step of the optimizer; any other handler runs before each iteration."""
    parameter = nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    rates, order = [], []

    def step(engine, batch):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        order.append("step")

    trainer = Engine(step)
    setup_common_training_handlers(trainer, lr_scheduler=schedule, with_pbars=False)
    setup_common_training_handlers(trainer, lr_scheduler=lambda engine: order.append("schedule"), with_pbars=False)
    trainer.run([0, 0])
    assert rates == [1.0, 0.5]
    assert order == ["schedule", "step"] * 2


@pytest.mark.parametrize("handler", [True, False])
def test_schedules_follow_the_optimizer(handler):
    """Of ten batches in windows of four, the third window is cut by the epoch: three steps, three rates."""
    model, rates = nn.Linear(1, 1), []
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    optimizer.register_step_pre_hook(lambda *_: rates.append(optimizer.param_groups[0]["lr"]))
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    trainer = create_supervised_trainer(model, optimizer, nn.functional.mse_loss, gradient_accumulation_steps=4)
    setup_common_training_handlers(
        trainer, lr_scheduler=LRScheduler(schedule) if handler else schedule, with_pbars=False, stop_on_nan=False
    )

    class Stream:  # does not tell its length, so that the window is closed by the end of the epoch
        def __iter__(self):
            return iter([(torch.ones(1, 1), torch.ones(1, 1))] * 10)

    trainer.run(Stream(), max_epochs=2)
    assert rates == [0.5**step for step in range(6)]


def test_a_schedule_that_wants_a_score():
    """The error says where to step it."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(()))])
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    with pytest.raises(TypeError) as raised:
        setup_common_training_handlers(Engine(lambda engine, batch: 0.0), lr_scheduler=plateau, with_pbars=False)
    assert str(raised.value) == (
        "`ReduceLROnPlateau` steps with a score, which an iteration does not have. Step it where there is one: "
        '`evaluator.add_event_handler(Events.COMPLETED, lambda: scheduler.step(evaluator.state.metrics["loss"]))`, '
        "or let `ReduceLROnPlateauScheduler` do so."
    )


def test_stop_at_nan():
    """A NaN in the output stops the run, unless that is not wanted."""
    for stop, iterations in ((True, 2), (False, 3)):
        trainer = Engine(lambda engine, batch: batch)
        setup_common_training_handlers(trainer, stop_on_nan=stop, with_pbars=False)
        assert trainer.run([1.0, float("nan"), 1.0]).iteration == iterations


def test_sampler_is_told_the_epoch():
    """A distributed sampler draws another order in each epoch."""
    sampler = torch.utils.data.DistributedSampler(range(4), num_replicas=1, rank=0)
    epochs = []
    trainer = Engine(lambda engine, batch: epochs.append(sampler.epoch))
    setup_common_training_handlers(trainer, train_sampler=sampler, with_pbars=False, stop_on_nan=False)
    trainer.run([0], max_epochs=3)
    assert epochs == [0, 1, 2]


@pytest.mark.parametrize("shuffle", [False, True])
def test_the_sampler_of_a_loader_may_be_given(shuffle):
    """One that has no epochs needs to be told nothing, whoever made the loader."""
    dataset = torch.utils.data.TensorDataset(torch.arange(4.0))
    for make in (idist.auto_dataloader, torch.utils.data.DataLoader):
        loader, trainer = make(dataset, batch_size=2, shuffle=shuffle), Engine(lambda engine, batch: None)
        setup_common_training_handlers(trainer, loader.sampler, with_pbars=False, stop_on_nan=False)
        assert trainer.run(loader, max_epochs=2).iteration == 4


@pytest.mark.parametrize(
    ("output", "names", "expected"),
    [
        ({"a": 1.0, "b": 2.0}, ["b"], {"b": 2.0}),
        ((1.0, torch.tensor(2.0)), ["first", "second"], {"first": 1.0, "second": 2.0}),
        (3.0, ["loss"], {"loss": 3.0}),
        (torch.tensor(3.0), ["loss"], {"loss": 3.0}),
    ],
)
def test_running_averages(output, names, expected):
    """Parts of the output are averaged under the names that they are given."""
    trainer = Engine(lambda engine, batch: output)
    setup_common_training_handlers(trainer, output_names=names, with_pbars=False)
    metrics = trainer.run([0, 0, 0]).metrics
    assert {name: float(value) for name, value in metrics.items()} == pytest.approx(expected)


def test_gpu_stats():
    """The GPU's memory is a metric where there is one, and asking for it elsewhere is refused."""
    trainer = Engine(lambda engine, batch: 0.0)
    if torch.cuda.is_available():
        setup_common_training_handlers(trainer, with_gpu_stats=True, log_every_iters=1, with_pbars=False)
        assert 0 <= trainer.run([0]).metrics["gpu:0 mem(%)"] <= 100
    else:
        with pytest.raises(ValueError, match="GPU") as raised:
            setup_common_training_handlers(trainer, with_gpu_stats=True)
        assert str(raised.value) == "`with_gpu_stats=True` needs a GPU, and there is none here."


def test_progress(capsys):
    """Without a terminal, each epoch and the run leave a line."""
    trainer = Engine(lambda engine, batch: 0.5)
    setup_common_training_handlers(trainer, output_names=["loss"], log_every_iters=1)
    trainer.run([0] * 3, max_epochs=2)
    shown = capsys.readouterr().err
    assert re.search(r"^Epoch \[2/2\] 3/3 .*loss=0\.5", shown, re.MULTILINE)


def evaluator_with(scores):
    """An evaluator whose accuracy is the next of the scores each time that it runs."""
    evaluator, scores = Engine(lambda engine, batch: None), iter(scores)
    evaluator.add_event_handler(
        Events.COMPLETED, lambda engine: engine.state.metrics.update(Accuracy=next(scores)), priority=1
    )
    return evaluator


def test_best_models(tmp_path):
    """The best models stay, named by the trainer's epoch and the score."""
    evaluator, trainer = evaluator_with([0.5, 0.75, 0.25]), Engine(lambda engine, batch: None)
    best = save_best_model_by_val_score(
        str(tmp_path), evaluator, nn.Linear(1, 1), "Accuracy", n_saved=2, trainer=trainer
    )
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run([0]))
    trainer.run([0], max_epochs=3)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [
        "best_model_1_val_accuracy=0.5000.pt",
        "best_model_2_val_accuracy=0.7500.pt",
    ]
    assert best.last_checkpoint.name == "best_model_2_val_accuracy=0.7500.pt"


def test_best_by_the_least():
    """With a negative sign, less is better; several models are saved together."""
    evaluator, saved = evaluator_with([0.5, 0.75, 0.25]), []
    gen_save_best_models_by_val_score(
        lambda checkpoint, filename: saved.append((filename, sorted(checkpoint))),
        evaluator,
        {"a": nn.Linear(1, 1), "b": nn.Linear(1, 1)},
        "Accuracy",
        n_saved=1,
        tag="test",
        score_sign=-1.0,
    )
    for _ in range(3):
        evaluator.run([0])
    assert saved == [
        ("best_checkpoint_test_accuracy=-0.5000.pt", ["a", "b"]),
        ("best_checkpoint_test_accuracy=-0.2500.pt", ["a", "b"]),
    ]


@pytest.mark.parametrize(("sign", "epochs"), [(1.0, 4), (-1.0, 3)])
def test_early_stopping(sign, epochs):
    """The trainer stops after two evaluations without improvement."""
    evaluator, trainer = evaluator_with([0.5, 0.6, 0.6, 0.55, 0.5, 0.5]), Engine(lambda engine, batch: None)
    stopping = add_early_stopping_by_val_score(2, evaluator, trainer, "Accuracy", score_sign=sign)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run([0]))
    assert trainer.run([0], max_epochs=6).epoch == epochs
    assert stopping.counter == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"to_save": {"model": nn.Linear(1, 1)}},
            ValueError,
            "`to_save` goes to `output_path` or to `save_handler`: give one of them; got neither.",
        ),
        (
            {"to_save": {"model": nn.Linear(1, 1)}, "output_path": "here", "save_handler": print},
            ValueError,
            "`to_save` goes to `output_path` or to `save_handler`: give one of them; got both.",
        ),
        (
            {"train_sampler": [1, 2]},
            TypeError,
            "`train_sampler` should have `set_epoch`, as torch's `DistributedSampler` has; got [1, 2].",
        ),
    ],
)
def test_bad_arguments(arguments, error, message):
    """What does not go together is refused."""
    with pytest.raises(error) as raised:
        setup_common_training_handlers(Engine(lambda engine, batch: None), **arguments)
    assert str(raised.value) == message


def test_output_without_parts():
    """An output that has no parts cannot be averaged under names."""
    trainer = Engine(lambda engine, batch: "a word".encode)
    setup_common_training_handlers(trainer, output_names=["loss"], with_pbars=False, stop_on_nan=False)
    with pytest.raises(TypeError) as raised:
        trainer.run([0])
    assert str(raised.value) == (
        "`output_names` name the parts of a mapping, a sequence or a number; the output is a "
        "builtin_function_or_method."
    )
