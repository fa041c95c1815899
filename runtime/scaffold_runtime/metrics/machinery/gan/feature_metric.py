"""Metrics of what a network makes of images."""

from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor, nn

from ...metric import Metric, MetricOptions, identity


class FeatureMetric(Metric):
    """Base of metrics of features.

    Args:
        num_features: of each sample.
        feature_extractor: makes features of samples; None: samples are features.
        device: as in `Metric`; the extractor goes where the states are.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: `num_features` is not given, or not positive.
        TypeError: `feature_extractor` is no module.
    """

    def __init__(
        self,
        num_features: int | None,
        feature_extractor: nn.Module | None,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if num_features is None or num_features <= 0:
            raise ValueError(
                f"`num_features` should be how many features `feature_extractor` makes of a sample, got {num_features}."
            )
        if not isinstance(feature_extractor, (nn.Module, type(None))):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"`feature_extractor` should be a torch.nn.Module, got {type(feature_extractor).__name__}.")
        super().__init__(output_transform, **options)
        self._num_features = num_features
        self._extractor = nn.Identity() if feature_extractor is None else feature_extractor
        self._extractor_device: torch.device | None = None

    def features(self, samples: Tensor) -> Tensor:
        """Features of samples, `(N, num_features)`, in double precision.

        Raises:
            ValueError: the extractor makes something else of them.
        """
        (samples,) = self.take(samples)
        if self._extractor_device != self._device:
            self._extractor.to(self._device)
            self._extractor_device = self._device
        with torch.no_grad():
            features: Tensor = self._extractor(samples)
        if features.ndim != 2 or features.shape[1] != self._num_features:
            raise ValueError(
                f"`feature_extractor` should make (N, {self._num_features}) of samples, got {tuple(features.shape)} "
                f"of {tuple(samples.shape)}. Set `num_features`, or flatten the features."
            )
        return features.to(self.double_dtype)
