"""Triton through nvidia-pytriton: one process, no batching by the server."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .address import Address
from .fixed_batch import FixedBatch
from .signature import TensorSpec

# Requests that Triton hands over for each device: while one is computed, the next has arrived.
IN_FLIGHT = 2


def serve(served: dict[str, list[FixedBatch]], address: Address) -> None:
    """Serves models by their names, each on its devices, until interrupted."""
    from pytriton.model_config import ModelConfig, Tensor
    from pytriton.triton import Triton, TritonConfig

    def tensor(spec: TensorSpec) -> Tensor:
        return Tensor(name=spec.name, dtype=spec.type, shape=(-1, *spec.row))

    def answers(model: FixedBatch) -> Callable:
        def infer(requests: list) -> list[dict]:
            return [model(dict(request.data)) for request in requests]

        return infer

    logging.getLogger("pytriton").setLevel(logging.WARNING)
    config = TritonConfig(
        http_address=address.host, http_port=address.port, allow_grpc=False, allow_metrics=False, log_verbose=0
    )
    with Triton(config=config) as triton:
        for name, models in served.items():
            signature = models[0].signature
            triton.bind(
                model_name=name,
                infer_func=[answers(model) for model in models * IN_FLIGHT],
                inputs=[tensor(spec) for spec in signature.inputs],
                outputs=[tensor(signature.output)],
                # A batch axis of Triton's own would let it join requests.
                config=ModelConfig(batching=False),
                strict=True,
            )
        triton.serve()
