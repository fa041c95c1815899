"""The network: one of torchvision's classifiers, by name."""

from dataclasses import dataclass

from torch import Tensor, nn
from torchvision import models


@dataclass(frozen=True)
class ModelConfig:
    """Which network."""

    architecture: str = "resnet18"
    """Name of a classifier in `torchvision.models`."""
    pretrained: bool = False
    """Start from torchvision's weights (downloads them); the last layer is new in any case."""


class GreyAsColour(nn.Module):
    """Grey images as a network for colours takes them: `(N, 1, H, W)` to three equal channels."""

    def forward(self, x: Tensor) -> Tensor:
        """`(N, 3, H, W)`."""
        return x.expand(-1, 3, -1, -1)


def build_model(config: ModelConfig, *, channels: int, num_classes: int) -> nn.Module:
    """The classifier with a new last layer for `num_classes` classes.

    Raises:
        SystemExit: there is no such classifier, or it cannot take so many channels.
    """
    if channels not in (1, 3):
        raise SystemExit(f"Error: torchvision's classifiers take images of 1 or 3 channels, and these have {channels}.")
    if config.architecture not in models.list_models(module=models):
        known = ", ".join(models.list_models(module=models))
        raise SystemExit(f"Error: There is no classifier '{config.architecture}'.\nHint:  There are {known}.")
    network: nn.Module = models.get_model(config.architecture, weights="DEFAULT" if config.pretrained else None)
    _replace_last_linear(network, num_classes)
    return nn.Sequential(GreyAsColour(), network) if channels == 1 else network


def _replace_last_linear(network: nn.Module, num_classes: int) -> None:
    """The last linear layer is the head, in every classifier of torchvision."""
    name, last = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Linear)][-1]
    parent, _, attribute = name.rpartition(".")
    setattr(network.get_submodule(parent), attribute, nn.Linear(last.in_features, num_classes))
