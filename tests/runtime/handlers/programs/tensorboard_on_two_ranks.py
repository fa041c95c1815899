"""Two processes log the same run. Usage: tensorboard_on_two_ranks.py FOLDER."""

import sys
from typing import Any

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.handlers.tensorboard_logger import setup_tb_logging


def main(folder: str) -> None:
    """Trains four iterations and logs every other one."""
    idist.initialize("gloo")
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: idist.get_rank())
    setup_tb_logging(folder, trainer, log_every_iters=2)
    trainer.run(range(4))
    idist.finalize()


if __name__ == "__main__":
    main(sys.argv[1])
