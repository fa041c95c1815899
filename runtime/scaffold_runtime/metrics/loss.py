"""The mean of a loss function over samples."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Unpack, cast

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.outputs import described, picked, wrong_batch
from .machinery.states import without_wait
from .metric import Metric, MetricOptions, identity


class Loss(Metric):
    """Mean of a loss over all samples, whatever the sizes of their batches.

    The loss of a batch is summed in double precision, times the batch's size.

    Shapes:
        output: `(y_pred, y)`, or `(y_pred, y, kwargs)` with more arguments of `loss_fn`; in a mapping, they are
            its `criterion_kwargs`.
        result: float, lower is better.

    Args:
        loss_fn: gives the mean over its batch, a tensor without dimensions.
        batch_size: how many samples a `y` has; `len` unless given.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: `loss_fn` gives more than one number.
        TypeError: the output is no such tuple, or `loss_fn` gives no tensor.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> loss = Loss(torch.nn.functional.mse_loss)
        >>> loss.update((torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])))
        >>> loss.update((torch.tensor([5.0]), torch.tensor([5.0])))
        >>> round(loss.compute(), 4)
        1.3333
    """

    _sum: Tensor | float  # a number as long as all batches are on the host
    _num_examples: int

    def __init__(
        self,
        loss_fn: Callable[..., Tensor],
        output_transform: Callable[[Any], Any] = identity,
        batch_size: Callable[[Any], int] = len,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(output_transform, **options)
        self._loss_fn, self._batch_size = loss_fn, batch_size
        self.add_state("_sum", 0.0, reduce="sum")
        self.add_state("_num_examples", 0, reduce="sum")

    def update(self, output: Sequence[Any]) -> None:
        """Adds a batch."""
        if not isinstance(output, (tuple, list)) or len(output) not in (2, 3):  # pyright: ignore[reportUnnecessaryIsInstance]  # of an engine
            raise wrong_batch(output, "y_pred", "y")
        y_pred, y, *kwargs = output
        num_examples = y.shape[0] if self._batch_size is len and isinstance(y, Tensor) else self._batch_size(y)
        if num_examples == 0:
            return
        mean = self._loss_fn(y_pred, y, **(kwargs[0] if kwargs else {}))
        if not isinstance(mean, Tensor) or mean.ndim > 0:  # pyright: ignore[reportUnnecessaryIsInstance]  # of users
            raise (ValueError if isinstance(mean, Tensor) else TypeError)(  # pyright: ignore[reportUnnecessaryIsInstance]
                "`loss_fn` should give the mean over the batch, a tensor without dimensions, "
                f"got {described(mean)}. Give it `reduction='mean'`."
            )
        if mean.device != self._device or torch.is_grad_enabled():
            (mean,) = self.take(mean)
        added = without_wait(mean)
        if isinstance(added, Tensor):
            total = torch.as_tensor(self._sum, dtype=self.double_dtype, device=self._device)
            self._sum = total.add(added, alpha=num_examples)
        else:
            self._sum += added * num_examples
        self._num_examples += num_examples

    def compute(self) -> float:
        """The sum by the number of samples."""
        if self._num_examples == 0:
            raise NotComputableError("Loss has seen no sample. Call `update` before `compute`.")
        return float(self._sum) / self._num_examples

    def _parts(self, output: Any) -> Iterable[Any]:
        keys = self.required_output_keys
        if keys == ("y_pred", "y") and isinstance(output, Mapping) and "criterion_kwargs" in output:
            output = picked(cast(Mapping[str, Any], output), ("y_pred", "y", "criterion_kwargs"), "Loss")
        return super()._parts(output)
