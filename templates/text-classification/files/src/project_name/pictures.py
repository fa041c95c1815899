"""What people look at: which classes are taken for which, and the texts that the network is surest and wrong about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from .confusion import draw_confusion, predict_all
from .loaders import Samples
from .tokens import Tokenizer

MOST_MISTAKES = 40
MOST_CHARACTERS = 300


def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Draws `confusion.png` and writes `mistakes.md`, of the network's predictions for the samples."""
    probabilities, labels = predict_all(network, samples)
    draw_confusion(folder / "confusion.png", probabilities.argmax(dim=1), labels, info["classes"])
    (folder / "mistakes.md").write_text(list_mistakes(samples, probabilities, labels, info), encoding="utf-8")


def list_mistakes(samples: Samples, probabilities: Tensor, labels: Tensor, info: Mapping[str, Any]) -> str:
    """A Markdown table of the mistakes that the network was surest of, with the texts as it sees them."""
    classes, tokenizer = info["classes"], Tokenizer.from_info(info)
    confidences, predicted = probabilities.max(dim=1)
    wrong = [index for index in confidences.argsort(descending=True).tolist() if predicted[index] != labels[index]]
    lines = [f"{len(wrong)} mistakes in {len(labels)} texts, the surest first.", ""]
    lines += ["| predicted | sure | is | text |", "|---|---|---|---|"]
    for index in wrong[:MOST_MISTAKES]:
        text = shortened(tokenizer.decode(samples[index][0]))
        taken_for, truth = classes[predicted[index]], classes[labels[index]]
        lines.append(f"| {taken_for} | {confidences[index]:.0%} | {truth} | {text} |")
    return "\n".join(lines) + "\n"


def shortened(text: str) -> str:
    """One line of a table's cell: its beginning, with nothing that Markdown would take for its own."""
    text = " ".join(text.split())
    text = text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + " ..."
    return "".join(f"\\{sign}" if sign in "|\\`*_<[" else sign for sign in text)
