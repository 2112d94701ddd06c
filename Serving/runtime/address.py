"""Where a model is served."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """http://HOST:PORT/v2/models/NAME"""

    host: str
    port: int
    name: str

    def __str__(self) -> str:
        return f"http://{self.host}:{self.port}/v2/models/{self.name}"
