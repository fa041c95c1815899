"""What most trainings want, in a call each."""

from ...handlers.tensorboard_logger import setup_tb_logging as setup_tb_logging
from ...handlers.training_setup import add_early_stopping_by_val_score as add_early_stopping_by_val_score
from ...handlers.training_setup import gen_save_best_models_by_val_score as gen_save_best_models_by_val_score
from ...handlers.training_setup import save_best_model_by_val_score as save_best_model_by_val_score
from ...handlers.training_setup import setup_common_training_handlers as setup_common_training_handlers
