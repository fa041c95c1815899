"""Each template's default project, trained as it ships: it reaches its figure and leaves its pictures.

With SCAFFOLD_GALLERY set to a folder the pictures are kept there, for the README (`make gallery`).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits  # pyright: ignore[reportMissingTypeStubs]  # it has none
from sklearn.neural_network import MLPClassifier  # pyright: ignore[reportMissingTypeStubs]
from tests.projects import make_project

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Figure:
    """What a default project must come to.

    Attributes:
        template: which.
        metric: of the test samples.
        least: its value at least; below what is reached, for sums round otherwise on other processors.
        pictures: what the run's folder holds for people.
        answers: of options, where they are not the defaults.
    """

    template: str
    metric: str
    least: float
    pictures: tuple[str, ...]
    answers: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """The template, and the data if they are not the default's."""
        return "-".join([self.template, *(str(value) for _, value in self.answers)])


FIGURES = [
    Figure("vision-classification", "accuracy", 0.98, ("confusion.png", "mistakes.png")),
    Figure("vision-segmentation", "miou", 0.80, ("masks.png",)),
    Figure("vision-detection", "map_50", 0.80, ("boxes.png",)),
    Figure("text-classification", "accuracy", 0.85, ("confusion.png",)),
    Figure("tabular", "accuracy", 0.95, ("calibration.png",)),
    Figure("tabular", "r2", 0.55, ("residuals.png",), (("dataset", "diabetes"),)),
]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_it_reaches_its_figure(figure: Figure, tmp_path: Path) -> None:
    """With its own configuration, on a CPU."""
    project = make_project(tmp_path / "project", "project", template=figure.template, **dict(figure.answers))
    run = project.train("run", "--backend", "none")
    assert run.results["metrics"][figure.metric] >= figure.least
    for picture in figure.pictures:
        assert (run.folder / picture).is_file()
        keep(run.folder / picture, figure.name)


def test_a_language_model_beats_counting(tmp_path: Path) -> None:
    """On files that it has not seen it needs fewer bits for a byte than an order-2 model of the bytes does."""
    project = make_project(tmp_path / "project", "project", template="language-model")
    run = project.train("run", "--backend", "none")
    counted = re.search(
        r"test text, .*: ([\d.]+) bits per byte by an order-2 model", (run.folder / "log.txt").read_text()
    )
    assert counted is not None
    assert run.results["metrics"]["bits_per_byte"] < float(counted[1])
    assert (run.folder / "samples.txt").read_text().count("\n") > 3
    keep(run.folder / "samples.txt", "language-model")


def test_a_classifier_tells_what_a_dcgan_makes(tmp_path: Path) -> None:
    """Of 500 samples at least 8 classes have ten, which a classifier of real digits is 80 % sure of, in the mean."""
    project = make_project(tmp_path / "project", "project", template="vision-dcgan")
    run = project.train("run", "--backend", "none")
    project.call(sys.executable, "-m", "project.sample", "outputs/run", "--count", "500", "--output", "made")
    files = sorted((project.folder / "made").glob("*.png"))
    small = [Image.open(file).convert("L").resize((8, 8), Image.Resampling.BOX) for file in files]
    made = np.stack([np.asarray(image, float).ravel() / 255 for image in small])

    images, labels = cast(Any, load_digits(return_X_y=True))
    classifier = cast(Any, MLPClassifier(64, random_state=0, max_iter=400)).fit(images / 16, labels)
    confidences: Any = classifier.predict_proba(made)
    classes = confidences.argmax(axis=1)
    sure = [confidences[classes == digit].max(axis=1).mean() for digit in range(10) if (classes == digit).sum() >= 10]
    assert sum(confidence >= 0.8 for confidence in sure) >= 8, sure
    for picture in ("generated.png", "samples.gif"):
        keep(run.folder / picture, "vision-dcgan")


def keep(picture: Path, name: str) -> None:
    """Copies a picture to the gallery, if one is asked for."""
    if gallery := os.environ.get("SCAFFOLD_GALLERY"):
        folder = Path(gallery) / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, folder)
