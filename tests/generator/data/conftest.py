"""Small data of every kind, made as files: pictures, masks, JSON, tables, texts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from scaffold.data.finding import Finding
from scaffold.data.inspect import inspect

SPLITS = ("train", "val", "test")
Size = tuple[int, int]


class Folder:
    """A folder of data under construction; no two pictures are alike unless they are copied."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._random = random.Random(0)

    def picture(self, name: str, size: Size = (40, 32), mode: str = "RGB") -> None:
        """A picture of noise."""
        pixels = self._random.randbytes(size[0] * size[1] * 3)
        Image.frombytes("RGB", size, pixels).convert(mode).save(self._place(name))

    def pictures(self, folder: str, count: int, size: Size = (40, 32), mode: str = "RGB") -> None:
        """Several of them, numbered."""
        for index in range(count):
            self.picture(f"{folder}/{index}.png", size, mode)

    def mask(self, name: str, values: Sequence[int] = (0, 1, 2), size: Size = (40, 32), mode: str = "L") -> None:
        """A mask that has each of the values."""
        mask = Image.new("L", size, values[0])
        for index, value in enumerate(values):
            mask.paste(value, (index * 8, 0, index * 8 + 8, 8))
        mask.convert(mode).save(self._place(name))

    def text(self, name: str, content: str | bytes) -> Path:
        """A file with this content."""
        path = self._place(name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def table(self, name: str, rows: Sequence[Sequence[object]], separator: str = ",") -> Path:
        """A table, the first row of which names the columns."""
        return self.text(name, "".join(separator.join(map(str, row)) + "\n" for row in rows))

    def coco(self, split: str, count: int, *, names: Sequence[str] = ("cat", "dog"), **changes: Any) -> None:
        """Pictures with a box each, and their JSON; `changes` replace lists of it."""
        self.pictures(split, count, (64, 48))
        images = [{"id": index, "file_name": f"{index}.png", "width": 64, "height": 48} for index in range(count)]
        boxes: list[Mapping[str, Any]] = [
            {"id": index, "image_id": index, "category_id": index % len(names) + 1, "bbox": [4, 4, 20, 10]}
            for index in range(count)
        ]
        categories = [{"id": index + 1, "name": name} for index, name in enumerate(names)]
        document = {"images": images, "annotations": boxes, "categories": categories, **changes}
        self.text(f"{split}/annotations.json", json.dumps(document))

    def copy(self, source: str, target: str) -> None:
        """The same content at another place."""
        self.text(target, (self.root / source).read_bytes())

    def _place(self, name: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


@pytest.fixture
def data(tmp_path: Path) -> Folder:
    """An empty folder to put data into."""
    return Folder((tmp_path / "own").resolve())


@pytest.fixture
def look(data: Folder) -> Callable[..., Finding]:
    """What is found in it, or in what is named of it."""

    def find(name: str = "", *, template: str | None = None, **said: str) -> Finding:
        return inspect(data.root / name, template=template, said=said)

    return find
