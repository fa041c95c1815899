"""Sentences told apart by their words: batches are dictionaries, metrics are made of metrics."""

import torch
from ignite.contrib.engines.common import add_early_stopping_by_val_score, save_best_model_by_val_score
from ignite.engine import Engine, Events
from ignite.metrics import Accuracy, Precision, Recall
from ignite.utils import convert_tensor, manual_seed, setup_logger
from torch import nn
from torch.utils.data import DataLoader

SENTENCES = [("the film was good", 1), ("a bad film", 0), ("good actors good story", 1), ("bad story bad end", 0)] * 8


def main(folder):
    """Trains until the score no longer rises, and says what was logged."""
    manual_seed(4)
    words = sorted({word for sentence, _ in SENTENCES for word in sentence.split()})

    def collate(samples):
        bags = [torch.tensor([sentence.split().count(word) for word in words]) for sentence, _ in samples]
        return {"words": torch.stack(bags).float(), "labels": torch.tensor([label for _, label in samples])}

    loader = DataLoader(SENTENCES, batch_size=8, shuffle=True, collate_fn=collate)
    model = nn.Linear(len(words), 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))

    def train_step(engine, batch):
        batch = convert_tensor(batch, device="cpu", non_blocking=True)
        loss = nn.functional.cross_entropy(model(batch["words"]), batch["labels"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def evaluate_step(engine, batch):
        model.eval()
        with torch.no_grad():
            return model(batch["words"]), batch["labels"]

    trainer, evaluator = Engine(train_step), Engine(evaluate_step)
    trainer.logger = setup_logger(folder.name, filepath=folder / "log.txt")
    precision, recall = Precision(average=False), Recall(average=False)
    f1 = (precision * recall * 2 / (precision + recall + 1e-12)).mean()
    for name, metric in {"accuracy": Accuracy(), "f1": f1, "precision": precision}.items():
        metric.attach(evaluator, name)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: schedule.step())
    log = []

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine):
        metrics = evaluator.run(loader).metrics
        log.append([round(float(metrics[name]), 4) for name in ("accuracy", "f1")] + metrics["precision"].tolist())

    save_best_model_by_val_score(folder, evaluator, model, "accuracy", n_saved=1, trainer=trainer)
    add_early_stopping_by_val_score(3, evaluator, trainer, "f1")
    trainer.run(loader, max_epochs=10)
    return {"log": log, "epochs": trainer.state.epoch, "logged": (folder / "log.txt").stat().st_size > 0}
