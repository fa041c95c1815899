"""Metrics of text: translations, summaries, transcripts and language models."""

from .bleu import Bleu as Bleu
from .character_error_rate import CharacterErrorRate as CharacterErrorRate
from .perplexity import Perplexity as Perplexity
from .rouge import Rouge as Rouge
from .rouge import RougeL as RougeL
from .rouge import RougeN as RougeN
from .word_error_rate import WordErrorRate as WordErrorRate
