"""A small client of the Open Inference Protocol, for tests and measurements; `ndc` has its own."""

from __future__ import annotations

import http.client
import json

import numpy as np
from numpy.typing import NDArray

TYPES = {"FP32": np.float32, "INT64": np.int64}


class ServerError(Exception):
    """A status other than 200."""

    def __init__(self, status: int, text: str):
        super().__init__(f"{status}: {text}")
        self.status = status


class Client:
    """One connection, kept open. `binary`: tensors as bytes; None: where the server lists the extension."""

    def __init__(self, port: int, name: str, binary: bool | None = None, timeout: float = 120):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self._path, self._binary = f"/v2/models/{name}", binary

    def server(self) -> dict:
        return json.loads(self._exchange("GET", "/v2")[1])

    def is_ready(self) -> bool:
        try:
            self._exchange("GET", f"{self._path}/ready")
        except (OSError, ServerError, http.client.HTTPException):
            self._connection.close()
            return False
        return True

    def infer(self, inputs: dict[str, NDArray]) -> NDArray:
        """The model's one output."""
        if self._binary is None:
            self._binary = "binary_tensor_data" in self.server().get("extensions", [])
        names = {np.dtype(kind): name for name, kind in TYPES.items()}
        entries = [{"name": k, "datatype": names[a.dtype], "shape": list(a.shape)} for k, a in inputs.items()]
        for entry, array in zip(entries, inputs.values(), strict=True):
            if self._binary:
                entry["parameters"] = {"binary_data_size": array.nbytes}
            else:
                entry["data"] = array.ravel().tolist()
        head: dict = {"inputs": entries}
        if self._binary:
            head["parameters"] = {"binary_data_output": True}
        body, sent = json.dumps(head).encode(), {"Content-Type": "application/json"}
        if self._binary:
            sent = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(body))}
            body += b"".join(array.tobytes() for array in inputs.values())
        received, body = self._exchange("POST", f"{self._path}/infer", body, sent)
        length = int(received.get("Inference-Header-Content-Length", len(body)))
        (output,) = json.loads(body[:length])["outputs"]
        kind = TYPES[output["datatype"]]
        values = np.frombuffer(body, kind, offset=length) if length < len(body) else np.array(output["data"], kind)
        return values.reshape(output["shape"])

    def _exchange(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):
        self._connection.request(method, path, body, headers or {})
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise ServerError(response.status, content.decode(errors="replace"))
        return response.headers, content
