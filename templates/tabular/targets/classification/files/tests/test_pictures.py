"""The pictures are there, of a network as it comes."""

from pathlib import Path

from project_name.data import DataConfig, load_datasets
from project_name.model import ModelConfig, build_model
from project_name.pictures import draw_results


def test_they_are_drawn(tmp_path: Path, data_config: DataConfig) -> None:
    """Each is a picture."""
    datasets = load_datasets(data_config)
    network = build_model(ModelConfig(), **datasets.sizes).eval()
    (tmp_path / "run").mkdir()
    draw_results(tmp_path / "run", network, datasets.test, datasets.info)
    pictures = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    assert pictures.keys() == {"calibration.png", "confusion.png"}
    assert all(content.startswith(b"\x89PNG") for content in pictures.values())
