from __future__ import annotations

import pytest
from tests.runtime.distributed.programs import auto_jobs
from torch import nn

from scaffold_runtime import distributed as idist


def test_copies_and_state() -> None:
    """Gradients are the same, a deep copy works on its own parameters, and names of the state stay."""
    auto_jobs.checkpointed_copies()


def test_a_class_that_is_not_there() -> None:
    """A class that the model lacks is named: silence would leave the memory full."""
    with pytest.raises(ValueError, match="`kinds` names Conv2d, and the model has none"):
        idist.checkpoint_activations(nn.Linear(1, 1), [nn.Conv2d])
