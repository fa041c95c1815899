"""Modules under the names by which PyTorch-Ignite's programs import them; what is in them lives elsewhere."""
