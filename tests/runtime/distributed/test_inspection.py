"""What a program may ask about the machine."""

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
