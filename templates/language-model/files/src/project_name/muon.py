"""Muon for the matrices of a network, and AdamW for the rest, as one optimizer."""

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim import AdamW, Muon, Optimizer


class MuonWithAdamW(Optimizer):
    """Updates of matrices are made orthogonal; vectors, norms and embeddings are updated by AdamW.

    Muon: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. Its updates are scaled so that they are as
    long as AdamW's (Liu et al. 2025, arXiv:2502.16982): one learning rate and one weight decay fit both.

    Args:
        model: its layers' matrices are Muon's; the embedding, whose rows have nothing to do with each other, is not.
        learning_rate: of both.
        weight_decay: of both, as a fraction of the learning rate.
        momentum: of Muon.
    """

    def __init__(self, model: nn.Module, learning_rate: float, *, weight_decay: float, momentum: float = 0.95) -> None:
        embeddings = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        matrices = [each for each in parameters if each.ndim == 2 and id(each) not in embeddings]
        others = [each for each in parameters if each.ndim != 2 or id(each) in embeddings]
        muon = Muon(
            matrices, learning_rate, weight_decay=weight_decay, momentum=momentum, adjust_lr_fn="match_rms_adamw"
        )
        adamw = AdamW(others, learning_rate, betas=(0.9, 0.95), weight_decay=weight_decay)
        self.parts: list[Optimizer] = [muon, adamw]
        super().__init__([*muon.param_groups, *adamw.param_groups], {})
        self._share()

    def _share(self) -> None:
        """Gives the parts this optimizer's groups and state: they read what schedules and checkpoints change."""
        for part, group in zip(self.parts, self.param_groups, strict=True):
            part.param_groups, part.state = [group], self.state

    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One step of both."""
        loss = closure() if closure is not None else None
        for part in self.parts:
            part.step()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes a state over, which puts new groups and a new state in the place of those that were shared."""
        super().load_state_dict(state_dict)
        self._share()
