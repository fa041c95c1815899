from pathlib import Path

from scaffold.template.catalog import load_catalog
from scaffold.template.reachable import reachable_layers


def test_reachable_layers():
    """Every layer that a template can have is there once, the lowest first, with the choice that brings it."""
    catalog = load_catalog(Path(__file__).parents[1] / "cli" / "fixtures" / "templates")
    assert [(reached.layer.id, reached.choice) for reached in reachable_layers(catalog, "greeting")] == [
        ("base", None),
        ("loggers/tensorboard", "loggers=tensorboard"),
        ("loggers/mlflow", "loggers=mlflow"),
        ("greeting", None),
        ("greeting/bells", "bells=yes"),
    ]
