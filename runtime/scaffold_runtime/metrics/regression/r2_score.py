"""The coefficient of determination."""

from torch import Tensor

from ..machinery.regression.joint_moments import JointMoments, explained, merge_moments


class R2Score(JointMoments):
    r"""Share of the targets' variation that the predictions explain.

    $$R^2 = 1 - \frac{\sum_{i=1}^{N} (y_i - \hat{y}_i)^2}{\sum_{i=1}^{N} (y_i - \bar{y})^2}$$

    See `JointMoments` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `(-∞, 1]`, higher is better; where the targets do not vary, 1 if all predictions are
            exact, else 0; NaN of a single sample.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = R2Score()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 7.0])))
        >>> round(metric.compute(), 4)
        0.7222
    """

    # Errors are squared about 0, so that one that is infinite leaves them infinite.
    first_about_itself = 2

    def series(self, y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Errors and targets."""
        return y - y_pred, y

    @staticmethod
    def merge(parts: Tensor) -> Tensor:
        """The moments of the targets; of the errors, the squares alone are of use."""
        of_targets = merge_moments(parts[:, [[0], [2]], [0, 2, 3]])
        merged = parts.new_zeros(3, 4)
        merged[[[0], [2]], [0, 2, 3]] = of_targets
        merged[1, 1] = parts[:, 1, 1].sum()
        return merged

    def compute(self) -> float:
        """1 - squared errors / squared deviations of the targets."""
        _, comoments = self.moments()
        squared_errors = self._moments[1, 1].item()
        return explained(squared_errors, comoments[1, 1].item()) if self._num_examples > 1 else float("nan")
