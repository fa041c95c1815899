"""A network that is small enough for tests."""

NETWORK_FLAGS = ["--model.width", "8"]
