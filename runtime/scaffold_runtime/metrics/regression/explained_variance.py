"""The explained variance."""

from torch import Tensor

from ..machinery.regression.joint_moments import JointMoments, explained


class ExplainedVariance(JointMoments):
    r"""Share of the targets' variance that the predictions explain, their bias aside.

    $$1 - \frac{\operatorname{Var}(y - \hat{y})}{\operatorname{Var}(y)}$$

    `R2Score` counts the bias too: it is never higher. See `JointMoments` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `(-∞, 1]`, higher is better; where the targets do not vary, 1 if the errors do not either,
            else 0.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = ExplainedVariance()
        >>> metric.update((torch.tensor([2.0, 3.0, 6.0]), torch.tensor([1.0, 2.0, 6.0])))
        >>> round(metric.compute(), 4)
        0.9524
    """

    def series(self, y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Errors and targets."""
        y = y.to(self.double_dtype)
        return y - y_pred, y

    def compute(self) -> float:
        """1 - variance of the errors / variance of the targets."""
        _, comoments = self.moments()
        return explained(comoments[0, 0].item(), comoments[1, 1].item())
