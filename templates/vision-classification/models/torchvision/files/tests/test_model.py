"""Any of torchvision's classifiers fits the classes; a wrong name is explained."""

import pytest
import torch
from project_name.model import ModelConfig, build_model


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v3_small"])
def test_the_last_layer_is_made_for_the_classes(architecture: str, channels: int) -> None:
    """The network gives one score per class, of grey images too."""
    network = build_model(ModelConfig(architecture=architecture), channels=channels, num_classes=5)
    assert network(torch.randn(2, channels, 32, 32)).shape == (2, 5)


def test_other_channels_are_refused() -> None:
    """In a sentence."""
    with pytest.raises(SystemExit, match=r"^Error: torchvision's classifiers take images of 1 or 3 channels"):
        build_model(ModelConfig(), channels=4, num_classes=5)


def test_a_wrong_name_is_explained() -> None:
    """The message repeats the name and says which there are."""
    with pytest.raises(SystemExit, match=r"no classifier 'resnet19'.*\n.*resnet18"):
        build_model(ModelConfig(architecture="resnet19"), channels=3, num_classes=5)
