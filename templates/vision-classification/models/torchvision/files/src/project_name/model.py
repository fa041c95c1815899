"""The network: one of torchvision's classifiers, by name."""

from dataclasses import dataclass

from torch import nn
from torchvision import models


@dataclass(frozen=True)
class ModelConfig:
    """Which network."""

    architecture: str = "resnet18"
    """Name of a classifier in `torchvision.models`."""
    pretrained: bool = False
    """Start from torchvision's weights (downloads them); the last layer is new in any case."""


def build_model(config: ModelConfig, *, channels: int, num_classes: int) -> nn.Module:
    """The classifier with a new last layer for `num_classes` classes."""
    if channels != 3:
        raise ValueError(f"torchvision's classifiers take images of 3 channels, got {channels}.")
    if config.architecture not in models.list_models(module=models):
        known = ", ".join(models.list_models(module=models))
        raise SystemExit(f"Error: There is no classifier '{config.architecture}'.\nHint:  There are {known}.")
    network: nn.Module = models.get_model(config.architecture, weights="DEFAULT" if config.pretrained else None)
    _replace_last_linear(network, num_classes)
    return network


def _replace_last_linear(network: nn.Module, num_classes: int) -> None:
    """The last linear layer is the head, in every classifier of torchvision."""
    name, last = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Linear)][-1]
    parent, _, attribute = name.rpartition(".")
    setattr(network.get_submodule(parent), attribute, nn.Linear(last.in_features, num_classes))
