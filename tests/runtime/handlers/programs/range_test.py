"""A range test of processes that see different batches: what each has found."""

import torch

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import create_supervised_trainer
from scaffold_runtime.handlers import FastaiLRFinder, TerminateTogether

with idist.Parallel(backend="gloo"):
    torch.manual_seed(0)
    model = idist.auto_model(torch.nn.Linear(2, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    trainer = create_supervised_trainer(model, optimizer, torch.nn.functional.mse_loss)
    TerminateTogether().attach(trainer)
    before = [weight.tolist() for weight in model.parameters()]
    draw = torch.Generator().manual_seed(idist.get_rank())
    batches = [(torch.randn(4, 2, generator=draw), torch.randn(4, 1, generator=draw) + 5) for _ in range(100)]
    finder = FastaiLRFinder()
    with finder.attach(trainer, {"model": model, "optimizer": optimizer}, end_lr=50.0) as test:
        iterations = test.run(batches).iteration
    assert iterations < 100
    assert [weight.tolist() for weight in model.parameters()] == before
    print("done", iterations, finder.lr_suggestion(), finder.get_results()["loss"])
