"""How many characters of a transcript are wrong."""

from collections.abc import Sequence

from ..machinery.nlp.error_rate import ErrorRate


class CharacterErrorRate(ErrorRate):
    r"""Characters to substitute, delete and insert until the texts are right, by characters of the true texts.

    $$\text{CER} = \frac{S + D + I}{N}$$

    Shapes:
        y_pred: a text or a list of texts.
        y: as many texts.
        result: float, lower is better; above 1 where more is wrong than there should be. Of true texts without a
            single character: 0 if nothing was predicted, else 1.

    Args:
        output_transform: as in `Metric`.
        device: as in `Metric`.
        skip_unrolling: as in `Metric`.

    Raises:
        TypeError: something is no text.
        ValueError: there are not as many predicted as true texts.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> rate = CharacterErrorRate()
        >>> rate.update((["the cat sat on the mat", "hello world"], ["the cat sat on mat", "hello world"]))
        >>> round(rate.compute(), 4)
        0.1379

    References:
        Morris, Maier and Green, From WER and RIL to MER and WIL, 2004.
    """

    @staticmethod
    def units(text: str) -> Sequence[str]:
        """Characters."""
        return text
