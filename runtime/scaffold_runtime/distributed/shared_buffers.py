"""The old name of `broadcast_buffers`, until everybody uses the new one."""

from .uneven_inputs import broadcast_buffers

share_buffers = broadcast_buffers
