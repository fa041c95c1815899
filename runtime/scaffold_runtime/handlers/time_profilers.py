"""Where a run's time goes, in the place that PyTorch-Ignite has it."""

from .profiling.basic import BasicTimeProfiler as BasicTimeProfiler
from .profiling.each_handler import HandlersTimeProfiler as HandlersTimeProfiler
