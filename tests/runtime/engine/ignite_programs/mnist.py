"""A classifier of handwritten digits, with a validation and a checkpoint after each epoch."""

import torch
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.handlers import EarlyStopping, ModelCheckpoint, TerminateOnNan, global_step_from_engine
from ignite.metrics import Accuracy, Loss, RunningAverage
from ignite.utils import manual_seed
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def main(folder):
    """Trains until the accuracy no longer rises, and says what was logged."""
    manual_seed(1)
    digits = load_digits()
    x, y = torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target)
    train_loader = DataLoader(TensorDataset(x[:1000], y[:1000]), batch_size=64, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[1000:], y[1000:]), batch_size=256)

    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    trainer = create_supervised_trainer(model, optimizer, criterion, device="cpu")
    val_metrics = {"accuracy": Accuracy(), "nll": Loss(criterion)}
    evaluator = create_supervised_evaluator(model, metrics=val_metrics, device="cpu")
    RunningAverage(output_transform=lambda loss: loss).attach(trainer, "running loss")
    log = []

    @trainer.on(Events.ITERATION_COMPLETED(every=5))
    def log_training_loss(engine):
        log.append(f"Epoch[{engine.state.epoch}] {engine.state.iteration} Loss: {engine.state.output:.3f}")

    @trainer.on(Events.EPOCH_COMPLETED)
    def log_validation_results(trainer):
        evaluator.run(val_loader)
        metrics = evaluator.state.metrics
        log.append(f"{trainer.state.epoch} {metrics['accuracy']:.3f} {metrics['nll']:.3f}")

    def score_function(engine):
        return engine.state.metrics["accuracy"]

    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())
    evaluator.add_event_handler(Events.COMPLETED, EarlyStopping(2, score_function, trainer))
    checkpoint = ModelCheckpoint(
        folder,
        "best",
        n_saved=2,
        score_function=score_function,
        score_name="accuracy",
        global_step_transform=global_step_from_engine(trainer),
    )
    evaluator.add_event_handler(Events.COMPLETED, checkpoint, {"model": model})
    trainer.run(train_loader, max_epochs=6)
    model.load_state_dict(torch.load(checkpoint.last_checkpoint))
    evaluator.run(val_loader)
    return {"log": log, "epochs": trainer.state.epoch, "loss": f"{trainer.state.metrics['running loss']:.3f}"}
