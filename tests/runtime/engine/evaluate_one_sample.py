"""Two processes evaluate a single sample: one of them has no batch. Each prints what its evaluator did."""

import torch
from torch.utils.data import TensorDataset

import scaffold_runtime.distributed as idist
from scaffold_runtime.engine import Engine, Events


def evaluate(rank: int) -> None:
    """Counts the samples of all processes where a metric would be computed."""
    seen = []
    evaluator = Engine(lambda engine, batch: len(batch[0]))
    counts: list[int] = [0]
    evaluator.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: counts.append(engine.state.output))
    for event in (Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, Events.COMPLETED):
        evaluator.add_event_handler(event, lambda engine: seen.append(engine.last_event_name.name))
    evaluator.add_event_handler(Events.EPOCH_COMPLETED, lambda: seen.append(f"of all {idist.all_reduce(sum(counts))}"))
    data = idist.auto_dataloader(TensorDataset(torch.ones(1)), batch_size=2, evaluate=True)
    evaluator.run(data)
    evaluator.run(data)
    line = f"rank {rank}: {len(counts) - 1} batches, {', '.join(seen)}"
    print(line + "\n", end="", flush=True)  # one write, so that lines of two ranks do not mix


if __name__ == "__main__":
    idist.spawn("gloo", evaluate, args=(), nproc_per_node=2)
