"""Where models are served."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """http://HOST:PORT/v2/models/NAME for every name."""

    host: str
    port: int

    def of(self, name: str) -> str:
        return f"http://{self.host}:{self.port}/v2/models/{name}"
