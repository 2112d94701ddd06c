"""What serve.py serves: any object with the members of `Denoiser` or `Classifier`."""

from .protocols import Classifier, Denoiser, OfFunction

__all__ = ["Classifier", "Denoiser", "OfFunction"]
