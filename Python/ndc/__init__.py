"""Certified robust image classification with diffusion models: the program `ndc` from Python.

    import ndc
    run = ndc.certify(images, labels, sigma=0.5, progress=print)
    run.radius, run.correct
    run.frame()                    # with pandas

Radii are in pixels, where an image spans [0, 1]; they are what the program wrote, in full precision.
"""
from ._certify import Prediction, certify, predict
from ._program import NdcError, Progress, Result, program, run
from ._runs import Run, read_run

__all__ = [
    "NdcError", "Prediction", "Progress", "Result", "Run", "certify", "predict", "program", "read_run", "run",
]
