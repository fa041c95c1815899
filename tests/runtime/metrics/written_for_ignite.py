"""A metric as one writes it for PyTorch-Ignite, with nothing but its imports renamed."""

import torch

from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics import Metric
from scaffold_runtime.metrics.metric import reinit__is_reduced, sync_all_reduce


class ShareOfOnes(Metric):
    """Share of predictions of 1 among all, and the largest prediction."""

    _state_dict_all_req_keys = ("_ones", "_largest", "_num_examples")

    def __init__(self, output_transform=lambda x: x, device="cpu"):
        self._ones = None
        self._num_examples = None
        super().__init__(output_transform=output_transform, device=device)

    @reinit__is_reduced
    def reset(self):
        """Start anew."""
        self._ones = torch.tensor(0, device=self._device)
        self._largest = torch.tensor(-1, device=self._device)
        self._num_examples = 0
        self._result = "stale"
        super().reset()

    @reinit__is_reduced
    def update(self, output):
        """Count one batch."""
        y_pred = output[0].detach()
        self._ones += torch.sum(y_pred == 1).to(self._device)
        self._largest = torch.maximum(self._largest, y_pred.max())
        self._num_examples += y_pred.shape[0]

    @sync_all_reduce("_ones", "_largest:MAX", "_num_examples")
    def compute(self):
        """Share and largest."""
        if self._num_examples == 0:
            raise NotComputableError("ShareOfOnes must have at least one example before it can be computed.")
        return self._ones.item() / self._num_examples, int(self._largest)


def share_of_ones() -> ShareOfOnes:
    """One that pickles."""
    return ShareOfOnes(output_transform=tuple)


class Spread(Metric):
    """How far apart this process's predictions are, and the share of ones; keeps predictions in a list."""

    _state_dict_all_req_keys = ("_kept", "_share")

    def __init__(self, device="cpu"):
        self._share = share_of_ones()
        super().__init__(device=device)

    @reinit__is_reduced
    def reset(self):
        """Start anew."""
        self._kept = []
        self._share.reset()

    @reinit__is_reduced
    def update(self, output):
        """Keep one batch."""
        self._kept.append(output[0].detach().clone())
        self._share.update(output)

    def compute(self):
        """Distance of the ends, and share."""
        kept = torch.cat(self._kept)
        return (kept.max() - kept.min()).item(), self._share.compute()[0]


class Counting:
    """What a metric may take over from a class that is no metric."""

    @sync_all_reduce("_count")
    def compute(self):
        """The number of predictions."""
        if self._count == 0:
            raise NotComputableError("No prediction.")
        return self._count


class Count(Counting, Metric):
    """How many predictions there are."""

    _state_dict_all_req_keys = ("_count",)

    @reinit__is_reduced
    def reset(self):
        """Start anew."""
        self._count = 0

    @reinit__is_reduced
    def update(self, output):
        """Count one batch."""
        self._count += len(output[0])


class Doubled(Metric):
    """The sum of what each iteration's first output is, twice; knows its base class well."""

    def __init__(self):
        super().__init__()
        transform = self._output_transform
        self._output_transform = lambda output: 2 * transform(output)

    def reset(self):
        """Start anew."""
        self._sum = torch.tensor(0, dtype=self._double_dtype)

    def update(self, output):
        """Add one batch."""
        self._sum += output.sum()

    def iteration_completed(self, engine):
        """Take the output as it is."""
        self.update(self._output_transform(engine.state.output[0]))

    @sync_all_reduce("_sum")
    def compute(self):
        """The sum."""
        return self._sum.item()


class ByClass(Metric):
    """Hits and losses by class, in dicts and lists, and metrics in them."""

    _state_dict_all_req_keys = ("_hits", "_losses", "_steps", "_inner", "_nothing")

    @reinit__is_reduced
    def reset(self):
        """Start anew."""
        self._hits = {"one": 0, "more": {"two": torch.tensor(0)}}
        self._losses = []
        self._steps = []
        self._inner = {"one": share_of_ones(), "more": [share_of_ones()]}
        self._nothing = []

    @reinit__is_reduced
    def update(self, output):
        """Count one batch."""
        self._hits["one"] += int((output[0] == 1).sum())
        self._hits["more"]["two"] += (output[0] == 2).sum()
        self._losses.append(output[0].float().mean())
        self._steps.append(len(output[0]))
        self._inner["one"].update(output)
        self._inner["more"][0].update(output)

    def compute(self):
        """All of them."""
        hits, inner = self._hits, self._inner
        values = [*map(float, self._losses), *self._steps]
        return hits["one"], int(hits["more"]["two"]), values, inner["one"].compute()[0], inner["more"][0].compute()[1]
