"""One computation model for each way in which processes may talk to each other; each enters itself when imported."""

from .base import ComputationModel as ComputationModel
from .base import auto_backend as auto_backend
from .base import model_of as model_of
from .base import models as models
from .horovod import HorovodModel as HorovodModel
from .native import NativeModel as NativeModel
from .xla import XlaModel as XlaModel
