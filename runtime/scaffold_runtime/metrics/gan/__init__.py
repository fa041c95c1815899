"""Metrics of generated images, by what a network sees in them."""

from .fid import FID as FID
from .inception_score import InceptionScore as InceptionScore
