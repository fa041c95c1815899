"""The lines of a run, and the file that keeps them."""

import resource
from pathlib import Path

import pytest

from scaffold_runtime.handlers.saving.lost_files import lost_files
from scaffold_runtime.run.terminal import log, log_to


def test_lines_that_a_full_disk_kept_back_are_written_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The loss is told once, is over with the first line that can be written again, and no line is missing then."""
    file = tmp_path / "log.txt"
    log_to(file)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    log.info("one")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
    try:
        with pytest.warns(UserWarning, match="log.txt could not be written"):
            log.info("two")
        log.info("three")  # a second warning would be an error here
        assert [*lost_files] == [str(file)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    log.info("four")
    assert (file.read_text().split(), lost_files) == (["one", "two", "three", "four"], {})
    assert capsys.readouterr().out.split() == ["one", "two", "three", "four"]
    log_to(None)
