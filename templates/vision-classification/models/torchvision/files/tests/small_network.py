"""The smallest network of torchvision, for tests."""

NETWORK_FLAGS = ["--model.architecture", "shufflenet_v2_x0_5"]
