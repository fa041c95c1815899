"""Small pictures, written for any number of processes, with a checkpoint of the whole run."""

import ignite.distributed as idist
import torch
from ignite.contrib.engines import common
from ignite.engine import Engine, Events, create_supervised_evaluator
from ignite.handlers import Checkpoint, DiskSaver
from ignite.metrics import Accuracy, Loss
from ignite.utils import manual_seed
from torch import nn
from torch.utils.data import TensorDataset


def training(local_rank, config, log):
    """One process's part."""
    rank = idist.get_rank()
    manual_seed(config["seed"] + rank)
    device = idist.device()
    pictures = torch.randn(96, 3, 8, 8)
    dataset = TensorDataset(pictures, (pictures.mean((1, 2, 3)) > 0).long())
    train_loader = idist.auto_dataloader(dataset, batch_size=32)
    test_loader = idist.auto_dataloader(dataset, batch_size=48)
    model = idist.auto_model(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2)))
    optimizer = idist.auto_optim(torch.optim.SGD(model.parameters(), lr=config["learning_rate"]))
    criterion = nn.CrossEntropyLoss().to(device)
    lr_scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)

    def train_step(engine, batch):
        x, y = batch[0].to(device), batch[1].to(device)
        model.train()
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return {"batch loss": loss.item()}

    trainer = Engine(train_step)
    to_save = {"trainer": trainer, "model": model, "optimizer": optimizer, "lr_scheduler": lr_scheduler}
    common.setup_common_training_handlers(
        trainer=trainer,
        train_sampler=train_loader.sampler,
        to_save=to_save,
        save_every_iters=4,
        save_handler=DiskSaver(config["output_path"], require_empty=False),
        lr_scheduler=lr_scheduler,
        output_names=["batch loss"],
        with_pbars=False,
        clear_cuda_cache=False,
    )
    metrics = {"Accuracy": Accuracy(), "Loss": Loss(criterion)}
    evaluator = create_supervised_evaluator(model, metrics=metrics, device=device)

    @trainer.on(Events.EPOCH_COMPLETED(every=2) | Events.COMPLETED)
    def run_validation():
        state = evaluator.run(test_loader)
        log.append((trainer.state.epoch, round(state.metrics["Loss"], 4), optimizer.param_groups[0]["lr"]))

    common.save_best_model_by_val_score(config["output_path"], evaluator, model, "Accuracy", n_saved=1, trainer=trainer)
    if config["resume_from"]:
        checkpoint = torch.load(config["resume_from"], map_location="cpu")
        Checkpoint.load_objects(to_load=to_save, checkpoint=checkpoint)
    trainer.run(train_loader, max_epochs=config["num_epochs"])
    log.append((trainer.state.epoch, trainer.state.iteration, sorted(trainer.state.metrics)))


def main(folder):
    """Trains, continues from the last checkpoint, and says what both runs logged."""
    log = []
    config = {"seed": 3, "learning_rate": 0.1, "num_epochs": 2, "output_path": folder, "resume_from": None}
    with idist.Parallel(backend=None) as parallel:
        parallel.run(training, config, log)
    (saved,) = folder.glob("training_checkpoint_*.pt")
    config |= {"resume_from": saved, "num_epochs": 4, "output_path": folder / "resumed"}
    with idist.Parallel(backend=None) as parallel:
        parallel.run(training, config, log)
    # The last checkpoint is in the middle of epoch 2, where the two libraries go on differently.
    return {"first run": log[:3], "saved": saved.name, "epochs": log[-1][0], "metrics": log[-1][2]}
