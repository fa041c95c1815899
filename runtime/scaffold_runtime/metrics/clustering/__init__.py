"""Metrics of clusterings: how well labels part the features that they were found in."""

from .calinski_harabasz_score import CalinskiHarabaszScore as CalinskiHarabaszScore
from .davies_bouldin_score import DaviesBouldinScore as DaviesBouldinScore
from .silhouette_score import SilhouetteScore as SilhouetteScore
