"""A training project: `config.py` has its knobs, `train.py` the run."""
