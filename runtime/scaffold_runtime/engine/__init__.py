"""The engine: a loop over data that fires events."""

from .engine import Engine as Engine
from .engine import RemovableEventHandle as RemovableEventHandle
from .events import CallableEventWithFilter as CallableEventWithFilter
from .events import EventEnum as EventEnum
from .events import Events as Events
from .events import EventsList as EventsList
from .state import State as State
