"""A network whose first part is trained already: two learning rates, curves in TensorBoard, the best network kept."""

from pathlib import Path

import torch
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.handlers import (
    EarlyStopping,
    ModelCheckpoint,
    PiecewiseLinear,
    ProgressBar,
    TensorboardLogger,
    Timer,
    global_step_from_engine,
)
from ignite.handlers.tensorboard_logger import GradsHistHandler, OptimizerParamsHandler, WeightsScalarHandler
from ignite.metrics import Accuracy, ConfusionMatrix, Loss, RunningAverage, mIoU
from ignite.utils import manual_seed, setup_logger
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def curves(folder):
    """What TensorBoard would show, rounded: the number of points and the last of them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder)).Reload()
    points = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"]}
    shown = {tag: (len(each), each[-1].step, round(each[-1].value, 3)) for tag, each in points.items()}
    return shown, sorted(events.Tags()["histograms"])


def main(folder):
    """Trains, and says what was logged, shown and kept."""
    manual_seed(6)
    digits = load_digits()
    x, y = torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target)
    train_loader = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=50, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[600:900], y[600:900]), batch_size=64)

    backbone = nn.Sequential(nn.Linear(64, 24), nn.ReLU())
    head = nn.Linear(24, 10)
    model = nn.Sequential(backbone, head)
    optimizer = torch.optim.SGD(
        [{"params": backbone.parameters(), "lr": 0.02}, {"params": head.parameters(), "lr": 0.2}], momentum=0.9
    )
    criterion = nn.CrossEntropyLoss()
    trainer = create_supervised_trainer(
        model, optimizer, criterion, output_transform=lambda x, y, y_pred, loss: {"loss": loss.item(), "n": len(x)}
    )
    confusion = ConfusionMatrix(num_classes=10)
    metrics = {"accuracy": Accuracy(), "loss": Loss(criterion), "cm": confusion, "miou": mIoU(confusion)}
    evaluator = create_supervised_evaluator(model, metrics=metrics)
    train_evaluator = create_supervised_evaluator(model, metrics={"accuracy": Accuracy(), "loss": Loss(criterion)})
    trainer.logger = setup_logger(f"{folder.name} trainer", filepath=str(folder / "trainer.log"))

    scheduler = PiecewiseLinear(optimizer, "lr", [(0, 0.0), (12, 0.2), (48, 0.02)], param_group_index=1)
    trainer.add_event_handler(Events.ITERATION_STARTED, scheduler)
    RunningAverage(output_transform=lambda output: output["loss"]).attach(trainer, "running loss")
    timer = Timer()
    timer.attach(trainer, start=Events.STARTED, resume=Events.EPOCH_STARTED, pause=Events.EPOCH_COMPLETED)
    with (folder / "bar.txt").open("w") as bar:
        ProgressBar(persist=True, file=bar).attach(trainer, ["running loss"])

        tb_logger = TensorboardLogger(log_dir=folder / "tb")
        tb_logger.attach_output_handler(
            trainer,
            event_name=Events.ITERATION_COMPLETED(every=6),
            tag="training",
            output_transform=lambda output: {"batchloss": output["loss"]},
            metric_names="all",
            state_attributes=["epoch_length"],
        )
        for tag, engine in (("training eval", train_evaluator), ("validation", evaluator)):
            tb_logger.attach_output_handler(
                engine,
                event_name=Events.EPOCH_COMPLETED,
                tag=tag,
                metric_names=["loss", "accuracy"],
                global_step_transform=global_step_from_engine(trainer),
            )
        tb_logger.attach_opt_params_handler(trainer, event_name=Events.ITERATION_STARTED(every=6), optimizer=optimizer)
        tb_logger.attach(
            trainer, event_name=Events.EPOCH_COMPLETED, log_handler=OptimizerParamsHandler(optimizer, "momentum")
        )
        weights = WeightsScalarHandler(model, whitelist=["1"])
        handle = tb_logger.attach(trainer, event_name=Events.ITERATION_COMPLETED(every=12), log_handler=weights)
        tb_logger.attach(
            trainer,
            event_name=Events.EPOCH_COMPLETED(every=2),
            log_handler=GradsHistHandler(model, whitelist=lambda name, weight: "bias" in name),
        )
        tb_logger.add_text("notes", "a network of two parts")

        @trainer.on(Events.EPOCH_COMPLETED(once=2))
        def no_more_weights():
            handle.remove()

        @trainer.on(Events.EPOCH_COMPLETED)
        def compute_metrics(engine):
            train_evaluator.run(train_loader)
            evaluator.run(val_loader)

        def score(engine):
            return engine.state.metrics["accuracy"]

        best = ModelCheckpoint(
            str(folder / "models"),
            n_saved=2,
            filename_prefix="best",
            score_function=score,
            score_name="validation_accuracy",
            global_step_transform=global_step_from_engine(trainer),
        )
        evaluator.add_event_handler(Events.COMPLETED, best, {"model": model, "head": head})
        stopping = EarlyStopping(patience=2, score_function=score, trainer=trainer, threshold=0.02)
        evaluator.add_event_handler(Events.COMPLETED, stopping)
        trainer.run(train_loader, max_epochs=6)
        tb_logger.close()
    assert timer.value() > 0
    shown, histograms = curves(folder / "tb")
    return {
        "epochs": trainer.state.epoch,
        "shown": shown,
        "histograms": histograms,
        "files": sorted(path.name for path in (folder / "models").iterdir()),
        "best": Path(best.last_checkpoint).name,
        "cm": evaluator.state.metrics["cm"].tolist(),
        "miou": round(float(evaluator.state.metrics["miou"]), 4),
        "stopping": (stopping.counter, round(stopping.best_score, 4)),
        "logged": (folder / "trainer.log").stat().st_size > 0,
        "rate": optimizer.param_groups[1]["lr"],
    }
