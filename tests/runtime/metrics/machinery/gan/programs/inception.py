"""Compares InceptionModel with torchvision's own network, and prints the largest differences.

Run in an environment that has torchvision, with TORCH_HOME an empty folder: weights that nobody trained are put
where those of ImageNet would be downloaded to.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from torchvision.models import Inception_V3_Weights, inception_v3

from scaffold_runtime.metrics.gan import FID, InceptionScore
from scaffold_runtime.metrics.machinery.gan.inception_model import InceptionModel


def main() -> None:
    """Compares features and probabilities, and what the metrics see without an extractor."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    whole = inception_v3(weights=None, init_weights=False, transform_input=True).eval()
    folder = Path(os.environ["TORCH_HOME"], "hub", "checkpoints")
    folder.mkdir(parents=True)
    torch.save(whole.state_dict(), folder / Path(Inception_V3_Weights.DEFAULT.url).name)

    images, seen = torch.randn(2, 3, 299, 299), []
    whole.avgpool.register_forward_hook(lambda module, inputs, output: seen.append(output.flatten(1)))
    with torch.no_grad():
        logits = whole(images)
    probabilities, classify = logits.softmax(1), InceptionModel(return_features=False)
    found = {
        "features": FID().features(images) - seen[0],
        "probabilities of InceptionScore": InceptionScore().features(images) - probabilities,
        "probabilities": classify(images) - probabilities,
    }
    print(json.dumps({name: difference.abs().max().item() for name, difference in found.items()}))


if __name__ == "__main__":
    main()
