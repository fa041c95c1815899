"""What most trainings want, in a call each."""

from ...handlers.clearml_logger import setup_clearml_logging as setup_clearml_logging
from ...handlers.mlflow_logger import setup_mlflow_logging as setup_mlflow_logging
from ...handlers.neptune_logger import setup_neptune_logging as setup_neptune_logging
from ...handlers.polyaxon_logger import setup_plx_logging as setup_plx_logging
from ...handlers.tensorboard_logger import setup_tb_logging as setup_tb_logging
from ...handlers.training_setup import add_early_stopping_by_val_score as add_early_stopping_by_val_score
from ...handlers.training_setup import gen_save_best_models_by_val_score as gen_save_best_models_by_val_score
from ...handlers.training_setup import save_best_model_by_val_score as save_best_model_by_val_score
from ...handlers.training_setup import setup_common_training_handlers as setup_common_training_handlers
from ...handlers.visdom_logger import setup_visdom_logging as setup_visdom_logging
from ...handlers.wandb_logger import setup_wandb_logging as setup_wandb_logging
