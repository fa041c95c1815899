"""Writes PyTorch training projects from layered templates. Never imports torch."""

__version__ = "0.1.0"
