"""What handlers of one's own derive from, as in PyTorch-Ignite."""

from .mixins import ResettableHandler as ResettableHandler
from .mixins import Serializable as Serializable
