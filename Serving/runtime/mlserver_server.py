"""MLServer with a runtime of our own, in one process; several devices take requests in turn."""

from __future__ import annotations

import asyncio
import itertools

import numpy as np
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse, MetadataTensor

from .address import Address
from .fixed_batch import FixedBatch
from .signature import TensorSpec

# Seconds for which a connection may be idle.
KEEP_ALIVE = 3600

# MLServer makes the runtime from its class; what it serves is handed over here, within the process, by name.
handed_over: dict[str, list[FixedBatch]] = {}


class FixedBatchRuntime(MLModel):
    """MLServer's custom runtime: NumPy arrays in and out of what was handed over."""

    async def load(self) -> bool:
        self.turns = itertools.cycle(handed_over[self.name])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        arrays = {}
        try:
            for tensor in payload.inputs:
                arrays[tensor.name] = np.ascontiguousarray(NumpyCodec.decode_input(tensor))
            answer = await asyncio.wrap_future(next(self.turns).submit(arrays))
        except (KeyError, ValueError) as error:
            raise InferenceError(str(error)) from error
        outputs = [NumpyCodec.encode_output(name, array) for name, array in answer.items()]
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=outputs)


def described(spec: TensorSpec) -> MetadataTensor:
    return MetadataTensor(name=spec.name, datatype=spec.datatype, shape=[-1, *spec.row])


def settings_of(name: str, models: list[FixedBatch]) -> ModelSettings:
    signature = models[0].signature
    return ModelSettings(
        name=name,
        implementation=FixedBatchRuntime,
        inputs=[described(spec) for spec in signature.inputs],
        outputs=[described(signature.output)],
    )


def serve(served: dict[str, list[FixedBatch]], address: Address) -> None:
    """Serves models by their names, each on its devices, until interrupted."""
    handed_over.update(served)
    settings = Settings(
        host=address.host, http_port=address.port, grpc_port=0, metrics_endpoint=None, parallel_workers=0,
        debug=False, load_models_at_startup=False,
    )  # fmt: skip
    # uvicorn closes what is idle for five seconds, and every new connection makes ndc ask for the fingerprint again.
    settings._custom_rest_server_settings = {"timeout_keep_alive": KEEP_ALIVE}

    async def run() -> None:
        # Made inside the loop: MLServer's handlers of signals belong to the loop that runs when it is made.
        await MLServer(settings).start([settings_of(name, models) for name, models in served.items()])

    asyncio.run(run())
