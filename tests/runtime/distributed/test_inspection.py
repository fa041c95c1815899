"""What a program may ask about the machine."""

import logging

import torch

import scaffold_runtime.distributed as idist


def test_what_is_supported():
    """The three answers agree with what can be imported here, and with the backends that can run."""

    def imports(name: str) -> bool:
        try:
            __import__(name)
        except ModuleNotFoundError:
            return False
        return True

    assert idist.has_native_dist_support is torch.distributed.is_available()
    assert (idist.has_xla_support, idist.has_hvd_support) == (imports("torch_xla"), imports("horovod"))
    assert idist.has_native_dist_support == ("gloo" in idist.available_backends())


def test_the_configuration_is_shown(monkeypatch, capsys):
    """A program that has set up no logging sees it all the same; one that has decides where it goes."""
    monkeypatch.setattr(logging.root, "handlers", [])
    logger = logging.getLogger("scaffold_runtime.distributed.inspection")
    try:
        idist.show_config()
    finally:
        logger.handlers.clear()
        logger.propagate, logger.level = True, logging.NOTSET
    shown = capsys.readouterr().err
    assert "INFO: distributed configuration: serial\n" in shown
    assert shown.count("world size: 1") == 1
    monkeypatch.setattr(logging.root, "handlers", [logging.NullHandler()])
    idist.show_config()
    assert capsys.readouterr().err == ""
