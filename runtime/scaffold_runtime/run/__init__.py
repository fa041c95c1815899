"""What surrounds a training run: its folder, its configuration, how it is started, what it leaves."""

from ..distributed.launcher import launch as launch
from .config_file import config_from_arguments as config_from_arguments
from .config_file import to_yaml as to_yaml
from .folder import RunFolder as RunFolder
from .folder import open_run_folder as open_run_folder
from .report import report as report
from .terminal import log as log
from .tracked_run import finish_trackers as finish_trackers
from .tracked_run import track_run as track_run
