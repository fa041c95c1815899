"""Runs in the environment that has torch_xla: what each metric costs there, from torch_xla's own counters, as JSON."""

import json
from typing import Any

import torch
from tests.runtime.metrics.fed_with_tensors import FED
from torch.utils._pytree import tree_leaves, tree_map_only

NUM_STEPS = 4


def measure(name: str) -> dict[str, Any]:
    """Updates a metric on the XLA device and on the CPU, and tells what the first took and what both found."""
    # Here, because doctests are looked for in every module, and the test environment has no torch_xla.
    import torch_xla
    import torch_xla.debug.metrics as counters

    make, make_batch = FED[name]
    there, here = make(), make()
    draw = torch.Generator().manual_seed(0)
    batches = [make_batch(draw) for _ in range(NUM_STEPS)]
    on_device = [tree_map_only(torch.Tensor, lambda part: part.to(torch_xla.device()), batch) for batch in batches]
    torch_xla.sync(wait=True)
    counters.clear_all()
    compiled: list[int] = []
    for batch in on_device:
        there.update(batch)
        torch_xla.sync(wait=True)
        compiled.append(counters.counter_value("UncachedCompile") or 0)
    found = {
        "compiled": compiled,
        "reads": counters.metric_data("TransferFromDeviceTime"),
        "fallbacks": [name for name in counters.counter_names() if name.startswith("aten::")],
    }
    for batch in batches:
        here.update(batch)
    return found | {"value": numbers(there.compute()), "expected": numbers(here.compute())}


def numbers(value: Any) -> list[float]:
    """All numbers of a metric's value."""
    return [number for leaf in tree_leaves(value) for number in torch.as_tensor(leaf).double().flatten().tolist()]


def main() -> None:
    """Measures them all and prints what was found."""
    with torch.no_grad():
        print(json.dumps({name: measure(name) for name in FED}))


if __name__ == "__main__":
    main()
