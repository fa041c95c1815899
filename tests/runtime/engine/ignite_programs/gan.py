"""Two networks against each other, in one process function with two optimizers."""

import torch
from ignite.engine import Engine, Events
from ignite.handlers import ModelCheckpoint, Timer
from ignite.metrics import RunningAverage
from ignite.utils import manual_seed
from torch import nn


def main(folder):
    """Trains until it is interrupted, and says what was logged."""
    manual_seed(2)
    generator = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 2))
    discriminator = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    optimizers = [torch.optim.Adam(net.parameters(), lr=0.01) for net in (generator, discriminator)]
    bce = nn.BCEWithLogitsLoss()
    real_batches = [torch.randn(16, 2) * 0.3 + 1 for _ in range(12)]

    def step(engine, real):
        ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        optimizers[1].zero_grad()
        fake = generator(torch.randn(len(real), 4))
        loss_d = bce(discriminator(real), ones) + bce(discriminator(fake.detach()), zeros)
        loss_d.backward()
        optimizers[1].step()
        optimizers[0].zero_grad()
        loss_g = bce(discriminator(fake), ones)
        loss_g.backward()
        optimizers[0].step()
        return {"errD": loss_d.item(), "errG": loss_g.item()}

    trainer = Engine(step)
    timer = Timer(average=True)
    handler = ModelCheckpoint(folder, "networks", n_saved=1, require_empty=False)
    trainer.add_event_handler(
        event_name=Events.EPOCH_COMPLETED(every=2),
        handler=handler,
        to_save={"netG": generator, "netD": discriminator},
    )
    for name in ("errD", "errG"):
        RunningAverage(alpha=0.9, output_transform=lambda output, name=name: output[name]).attach(trainer, name)
    timer.attach(
        trainer,
        start=Events.EPOCH_STARTED,
        resume=Events.ITERATION_STARTED,
        pause=Events.ITERATION_COMPLETED,
        step=Events.ITERATION_COMPLETED,
    )
    log, errors = [], []

    @trainer.on(Events.ITERATION_COMPLETED(every=6))
    def save_logs(engine):
        log.append([round(float(engine.state.metrics[name]), 4) for name in ("errD", "errG")])

    @trainer.on(Events.EPOCH_COMPLETED)
    def times(engine):
        assert timer.value() > 0
        timer.reset()

    @trainer.on(Events.ITERATION_COMPLETED(once=40))
    def stop():
        raise KeyboardInterrupt

    @trainer.on(Events.EXCEPTION_RAISED)
    def handle_exception(engine, error):
        errors.append(type(error).__name__)
        if not isinstance(error, KeyboardInterrupt):
            raise error

    try:
        trainer.run(real_batches, max_epochs=5)
    except KeyboardInterrupt:
        errors.append("propagated")
    return {"log": log, "error": errors[0], "files": sorted(path.name for path in folder.glob("*.pt"))}
