"""Training samples that are changed whenever they are read, so that few of them last longer."""

from typing import Any

from torch import Tensor
from torch.utils.data import Dataset

from .changes import Augmentation as Augmentation
from .changes import change


class Augmented(Dataset[tuple[Tensor, Any]]):
    """Samples `(image, target)` of another data set, the image as `change` makes it; the target stays.

    What is drawn comes from torch's own generator, which the loader seeds for each sample by run, epoch and index:
    workers, more processes and a resumed run see the same images.

    Args:
        samples: the data set, with a length.
        augmentation: how much they are changed.
    """

    def __init__(self, samples: Dataset[Any], augmentation: Augmentation) -> None:
        self._samples = samples
        self._augmentation: Augmentation = augmentation

    def __len__(self) -> int:
        return len(self._samples)  # pyright: ignore[reportArgumentType]  # those of this project have one

    def __getitem__(self, index: int) -> tuple[Tensor, Any]:
        image, target = self._samples[index]
        return change(image, self._augmentation), target
