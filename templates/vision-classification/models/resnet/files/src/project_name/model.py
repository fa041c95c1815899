"""The network: a small residual network, sized to its images."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta
from torch import Tensor, nn


@dataclass(frozen=True)
class ModelConfig:
    """The network's size."""

    width: Annotated[int, Meta(ge=1)] = 32
    """Channels of the first stage; each following stage has twice as many."""
    stages: Annotated[int, Meta(ge=1)] = 2
    """Stages of two residual blocks; each after the first halves height and width."""


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut (He et al. 2016, arXiv:1603.05027, activation first)."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
        )
        same = in_channels == out_channels and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, C, H, W)` to `(N, out_channels, H / stride, W / stride)`."""
        return self.shortcut(x) + self.body(x)


class ResidualNetwork(nn.Module):
    """Stages of two residual blocks, then the mean over the image and one linear layer."""

    def __init__(self, channels: int, num_classes: int, *, width: int, stages: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, width, kernel_size=3, padding=1, bias=False)
        blocks: list[nn.Module] = []
        current = width
        for stage in range(stages):
            out = width * 2**stage
            blocks += [ResidualBlock(current, out, stride=1 if stage == 0 else 2), ResidualBlock(out, out)]
            current = out
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(current)
        self.head = nn.Linear(current, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Images `(N, C, H, W)` to class scores `(N, num_classes)`."""
        features = self.norm(self.blocks(self.stem(x))).relu()
        return self.head(features.mean(dim=(2, 3)))


def build_model(config: ModelConfig, *, channels: int, num_classes: int) -> nn.Module:
    """The network for images of `channels` channels."""
    return ResidualNetwork(channels, num_classes, width=config.width, stages=config.stages)
