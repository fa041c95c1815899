"""The texts: docstrings of installed libraries; the class is the library that one is from."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta
from torch import Tensor

from .docstrings import digest, docstrings, mask, names_of, packages, sources
from .loaders import Datasets
from .texts import LabelledTexts, make_datasets, read_texts, split
from .tokens import Tokenizer, TokensConfig

PARTS = (0.7, 0.15, 0.15)  # training, validation, test
LIBRARIES = (
    "PIL",
    "fontTools",
    "matplotlib",
    "mpmath",
    "networkx",
    "numpy",
    "sympy",
    "torch",
)  # every project has them


@dataclass(frozen=True)
class DataConfig(TokensConfig):
    """The docstrings and how they are batched."""

    libraries: tuple[str, ...] = LIBRARIES
    """Import names of the installed libraries to tell apart."""
    docstrings_per_library: Annotated[int, Meta(ge=10)] = 4000
    """At most so many are read of each."""
    min_characters: Annotated[int, Meta(ge=1)] = 40
    """Shorter docstrings are left out: they could be from anywhere."""
    held_out: Literal["docstrings", "files"] = "docstrings"
    """What validation and test have to themselves: docstrings, or whole source files, which is harder."""
    split_seed: int = 0
    """Seeds the split into training, validation and test samples."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples: 70, 15 and 15 % of the docstrings.

    Each is `(tokens, label)`: `(max_length,)` int64, and the index of a library.
    """
    found = read_libraries(config)
    names = names_of(list(found))
    libraries_of: dict[str, set[str]] = {}
    rows: list[tuple[str, str, str]] = []
    for library, texts in found.items():
        for file, text in texts:
            masked = mask(text, names)
            if library not in libraries_of.setdefault(masked, set()):
                libraries_of[masked].add(library)
                rows.append((masked, library, f"{library}/{file}"))
    rows = [row for row in rows if len(libraries_of[row[0]]) == 1]  # what several libraries say has no answer
    train, val, test = split_rows(rows, config)
    return make_datasets(train, val, test, config)


def read_libraries(config: DataConfig) -> dict[str, list[tuple[str, str]]]:
    """Files and docstrings of each library.

    Raises:
        SystemExit: a library is not installed, or has no docstrings.
    """
    folders = {folder.name: folder for folder in packages()}
    missing = [name for name in config.libraries if name not in folders]
    if missing:
        known = ", ".join(sorted(name for name in folders if name[0] != "_"))
        raise SystemExit(f"Error: Not installed here: {', '.join(missing)}.\nHint:  --data.libraries: some of {known}.")
    found: dict[str, list[tuple[str, str]]] = {}
    for name in dict.fromkeys(config.libraries):
        texts = (
            (file.relative_to(folders[name]).as_posix(), text)
            for file in sources(folders[name])
            for _, text in docstrings(file)
            if len(text) >= config.min_characters
        )
        found[name] = list(islice(texts, config.docstrings_per_library))  # no more files are read than it takes
        if not found[name]:
            raise SystemExit(f"Error: '{name}' has no docstrings.\nHint:  --data.libraries names those to tell apart.")
    return found


def split_rows(rows: list[tuple[str, str, str]], config: DataConfig) -> list[LabelledTexts]:
    """Training, validation and test, of texts, libraries and files."""
    texts, labels, files = [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
    if config.held_out == "docstrings":
        return split(LabelledTexts(texts, labels), PARTS, config.split_seed)
    chosen: list[LabelledTexts] = []
    low = 0.0
    for part in PARTS:
        # A file's place in [0, 1) depends on its name only.
        places = [int(digest(f"{config.split_seed} {file}")[:8], 16) / 2**32 for file in files]
        rows_here = [index for index, place in enumerate(places) if low <= place < low + part]
        chosen.append(LabelledTexts([texts[index] for index in rows_here], [labels[index] for index in rows_here]))
        low += part
    return chosen


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """Names and tokens `(max_length,)`: of a Python file's docstrings, a table's column `text`, or lines of a text.

    Raises:
        SystemExit: it cannot be read, or has no text.
    """
    if path.suffix == ".py" and path.is_file():
        found = [(f"{path}:{name}" if name else str(path), text) for name, text in docstrings(path)]
        if not found:
            raise SystemExit(f"Error: '{path}' has no docstring, or is no Python.")
    else:
        found = read_texts(path, "text")
    names = names_of(info["classes"])
    tokens = Tokenizer.from_info(info).encode([mask(text, names) for _, text in found], config.max_length)
    return [(name, row) for (name, _), row in zip(found, tokens, strict=True)]
