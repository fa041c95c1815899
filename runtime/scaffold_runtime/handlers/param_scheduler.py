"""Schedules of optimizers' parameters and of batch sizes, in the place that PyTorch-Ignite has them."""

from .schedules.base import BaseParamScheduler as BaseParamScheduler
from .schedules.batch_size import BatchSizeScheduler as BatchSizeScheduler
from .schedules.concat import ConcatScheduler as ConcatScheduler
from .schedules.cyclical import CosineAnnealingScheduler as CosineAnnealingScheduler
from .schedules.cyclical import CyclicalScheduler as CyclicalScheduler
from .schedules.cyclical import LinearCyclicalScheduler as LinearCyclicalScheduler
from .schedules.of_torch import LRScheduler as LRScheduler
from .schedules.optimizer_param import ParamScheduler as ParamScheduler
from .schedules.param_group import ParamGroupScheduler as ParamGroupScheduler
from .schedules.piecewise_linear import PiecewiseLinear as PiecewiseLinear
from .schedules.plateau import ReduceLROnPlateauScheduler as ReduceLROnPlateauScheduler
from .schedules.warmup import create_lr_scheduler_with_warmup as create_lr_scheduler_with_warmup
