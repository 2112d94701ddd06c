"""What a model's bytes must not depend on: tried once, before anything is served."""

from __future__ import annotations

import numpy as np

from .fixed_batch import FixedBatch


def inconsistency(models: list[FixedBatch]) -> str | None:
    """What the answers depend on beside their own row, in words: the time, the device, the place, the companions.

    Repetition, other devices, another order and fewer rows are tried with one batch of noise; None where every row's
    bytes are the same. `ndc` tries the same through the wire, with more requests in flight.
    """
    first, name = models[0], models[0].signature.output.name
    batch = first.execution.batch
    request = first.signature.example(batch)
    reference = first(request)[name]
    for model in models:
        if not np.array_equal(model(request)[name], reference):
            return "the time" if model is first else f"the device ({first.device} and {model.device} differ)"
    order = np.random.default_rng(1).permutation(batch)
    if not np.array_equal(first({k: v[order] for k, v in request.items()})[name], reference[order]):
        return "the place in the batch"
    rows = batch // 2 + 1
    if not np.array_equal(first({k: v[:rows] for k, v in request.items()})[name], reference[:rows]):
        return "the other rows"
    return None
