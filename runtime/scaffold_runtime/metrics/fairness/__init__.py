"""Metrics of fairness: what a model does for one group of people and for another."""

from .accuracy_difference import SubgroupAccuracyDifference as SubgroupAccuracyDifference
from .base import SubgroupDifference as SubgroupDifference
from .base import SubgroupMetric as SubgroupMetric
from .demographic_parity import DemographicParityDifference as DemographicParityDifference
from .demographic_parity import SelectionRate as SelectionRate
