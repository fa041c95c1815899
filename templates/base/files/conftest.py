"""Tests run on the CPU, whatever the machine has: so they come out alike everywhere, and GPUs are left to runs."""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
