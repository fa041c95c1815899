"""The old name of `uneven_inputs`, until everybody uses the new one."""

from .uneven_inputs import uneven_inputs

forward_alone = uneven_inputs
