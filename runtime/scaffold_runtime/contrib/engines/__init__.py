"""Where PyTorch-Ignite has `common` and the trainer for sequences cut into pieces."""

from ...engine.tbptt import Tbptt_Events as Tbptt_Events
from ...engine.tbptt import create_supervised_tbptt_trainer as create_supervised_tbptt_trainer
