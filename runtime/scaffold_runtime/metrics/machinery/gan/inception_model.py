"""The network that looks at images where none is given: Inception v3, of torchvision."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn


class InceptionModel(nn.Module):
    """Inception v3, trained on ImageNet; its weights are downloaded the first time.

    Shapes:
        images: `(N, 3, 299, 299)`, normalised as torchvision's weights of Inception v3 ask for.
        result: `(N, 2048)` pooled features, or `(N, 1000)` probabilities of classes.

    Args:
        return_features: features instead of probabilities.
        device: where the network lives.

    Raises:
        ModuleNotFoundError: `torchvision` is not installed.
        ImportError: it is, but cannot be imported.
    """

    def __init__(self, return_features: bool, device: str | torch.device = "cpu") -> None:
        models = _models_of_torchvision()
        super().__init__()
        self.model: nn.Module = models.inception_v3(weights=models.Inception_V3_Weights.DEFAULT)
        if return_features:
            self.model.fc = nn.Identity()
        else:
            self.model.fc = nn.Sequential(self.model.get_submodule("fc"), nn.Softmax(dim=1))
        self.model.eval().to(device)

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Features or probabilities of images.

        Raises:
            ValueError: they are no batch of images in three colours.
        """
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(
                f"InceptionModel looks at images (N, 3, 299, 299), got {tuple(images.shape)}. "
                "Give the metric a `feature_extractor` for others."
            )
        return self.model(images)


def _models_of_torchvision() -> Any:
    advice = "or give the metric a `feature_extractor`."
    if find_spec("torchvision") is None:
        raise ModuleNotFoundError(
            f"Inception v3 needs the package `torchvision`, which is not installed: `pip install torchvision`, {advice}"
        )
    try:
        return import_module("torchvision.models")  # no type checker knows it where it is not installed
    except Exception as error:  # beside another torch than its own it fails in its own ways
        raise ImportError(
            f"Inception v3 needs the package `torchvision`, which cannot be imported: {error}. "
            f"Install the release that was built for torch {torch.__version__}, {advice}"
        ) from error
