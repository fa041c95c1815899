"""The engine: a loop over data that fires events."""

from .batches import convert_tensor as convert_tensor
from .deterministic import DeterministicEngine as DeterministicEngine
from .deterministic import keep_random_state as keep_random_state
from .engine import Engine as Engine
from .event_source import RemovableEventHandle as RemovableEventHandle
from .events import CallableEventWithFilter as CallableEventWithFilter
from .events import EventEnum as EventEnum
from .events import Events as Events
from .events import EventsList as EventsList
from .events import Priority as Priority
from .events import State as State
from .state_by_hand import state_by_hand as state_by_hand
from .supervised import create_supervised_evaluator as create_supervised_evaluator
from .supervised import create_supervised_trainer as create_supervised_trainer
from .supervised import supervised_evaluation_step as supervised_evaluation_step
from .supervised_modes import supervised_evaluation_step_amp as supervised_evaluation_step_amp
from .supervised_modes import supervised_training_step_amp as supervised_training_step_amp
from .supervised_modes import supervised_training_step_tpu as supervised_training_step_tpu
from .tbptt import Tbptt_Events as Tbptt_Events
from .tbptt import create_supervised_tbptt_trainer as create_supervised_tbptt_trainer
from .training_step import TrainingStep as TrainingStep
from .training_step import supervised_training_step as supervised_training_step
