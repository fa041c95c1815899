"""Metrics of recommendation: items ranked for each user, some of which are relevant."""

from .hitrate import HitRate as HitRate
from .mrr import MRR as MRR
from .ndcg import NDCG as NDCG
from .recall_at_k import RecallAtK as RecallAtK
