#!/usr/bin/env python3
"""What serving costs: evaluations/s of PyTorch behind a server against PyTorch's own, in turn, in one run.

    benchmark.py CHECKPOINT [--connections 2] [--rounds 5] [--seconds 5] [--json FILE] [options of serve.py]

PyTorch's own is the model as it is served, at the same batch, on arrays of this process. The server is a process of its
own with the same options, asked on loopback by `client.py`, one thread a connection. One of both works at a time, in
alternating order. A row is an evaluation. Where others use the machine, rates depend on them; less so the processor time
that a row takes (Linux; on the served side the server's processes and the clients together).
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

import serve
from adapters.own import load_model
from client import Client
from runtime.fixed_batch import Execution, FixedBatch, make_deterministic


def rate(ask: Callable[[], object], rows: int, seconds: float) -> float:
    """Rows a second of calls of `ask`, for at least so long and at least two."""
    calls, start = 0, time.perf_counter()
    while calls < 2 or time.perf_counter() - start < seconds:
        ask()
        calls += 1
    return rows * calls / (time.perf_counter() - start)


def together(asks: list[Callable[[], object]], rows: int, seconds: float) -> float:
    """The sum of the rates of several callers at once, each by its own clock."""
    rates: list[float] = []
    threads = [threading.Thread(target=lambda ask=ask: rates.append(rate(ask, rows, seconds))) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(rates) != len(asks):
        sys.exit("benchmark.py: a request failed")
    return sum(rates)


def processor_seconds(root: int) -> float:
    """Of a process and its descendants; those that have ended count where their parent has waited for them."""
    parents, seconds = {}, {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            parents[int(entry.parent.name)] = int(fields[1])
            seconds[int(entry.parent.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def descends(process: int) -> bool:
        while process != root and process in parents:
            process = parents[process]
        return process == root

    return sum(time for process, time in seconds.items() if descends(process))


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


@dataclass
class Side:
    """One of the two that are measured."""

    asks: list[Callable[[], object]]
    rates: list[float] = field(default_factory=list)
    # Of processor time, a row.
    microseconds: list[float] = field(default_factory=list)

    def work(self, rows: int, seconds: float) -> None:
        # The server is a child of this process.
        before, start = processor_seconds(os.getpid()), time.perf_counter()
        self.rates.append(together(self.asks, rows, seconds))
        used, wall = processor_seconds(os.getpid()) - before, time.perf_counter() - start
        self.microseconds.append(1e6 * used / (self.rates[-1] * wall))

    def report(self) -> dict[str, list[float]]:
        return {"rates": self.rates, "microseconds": self.microseconds}


def measure(options, served_arguments: list[str]) -> tuple[Side, Side]:
    """Every round of both: PyTorch's own, and the server's."""
    execution = Execution(options.batch, options.precision, options.compile)
    models = [FixedBatch(load_model(options.sources[0], options.weights), d, execution) for d in options.device]
    request = models[0].signature.example(options.batch)
    port, name = free_port(), models[0].signature.output.name
    here = Path(__file__).resolve().with_name("serve.py")
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, str(here), *served_arguments, "--port", str(port), "--name", "it"]
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            clients = [Client(port, "it") for _ in range(options.connections)]
            while not clients[0].is_ready():
                if server.poll() is not None:
                    log.seek(0)
                    sys.exit(log.read().decode(errors="replace"))
                time.sleep(0.5)
            if not all(np.array_equal(clients[0].infer(request), model(request)[name]) for model in models):
                print("the server's bytes are not this process's (another kernel was chosen)", file=sys.stderr)
            own = Side([lambda model=model: model(request) for model in models])
            served = Side([lambda client=client: client.infer(request) for client in clients])
            for side in (own, served):
                together(side.asks, options.batch, 1)
            for i in range(options.rounds):
                for side in (own, served) if i % 2 == 0 else (served, own):
                    side.work(options.batch, options.seconds)
                rates = f"own {own.rates[-1]:.1f}, served {served.rates[-1]:.1f} evaluations/s"
                print(f"round {i + 1}: {rates}", file=sys.stderr)
        finally:
            server.terminate()
            server.wait()
    return own, served


def main() -> None:
    parser = serve.parser(__doc__)
    parser.add_argument("--connections", type=serve.positive, default=2, help="(default %(default)s)")
    parser.add_argument("--rounds", type=serve.positive, default=5, help="(default %(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="a round and side (default %(default)s)")
    parser.add_argument("--json", type=Path, help="write the rates here")
    options = serve.checked(parser, parser.parse_args())
    if len(options.sources) > 1:
        parser.error("one model at a time")
    make_deterministic()
    arguments = [options.sources[0], "--server", options.server, "--device", *options.device]
    arguments += ["--precision", options.precision, "--batch", str(options.batch)]
    arguments += ["--weights", str(options.weights)] if options.weights else []
    arguments += ["--compile", options.compile] if options.compile else []
    if options.threads:
        torch.set_num_threads(options.threads)
        arguments += ["--threads", str(options.threads)]
    own, served = measure(options, arguments)

    share = statistics.median(s / o for s, o in zip(served.rates, own.rates, strict=True))
    print(
        f"{options.server}: {statistics.median(served.rates):.1f} evaluations/s, PyTorch's own "
        f"{statistics.median(own.rates):.1f}; median of the rounds' shares {100 * share:.1f} %; processor time a row "
        f"{statistics.median(served.microseconds):.0f} us, PyTorch's own {statistics.median(own.microseconds):.0f}"
    )
    if options.json:
        cuda = options.device[0].startswith("cuda")
        report = {
            "source": options.sources[0], "server": options.server, "device": options.device,
            "hardware": torch.cuda.get_device_name() if cuda else f"{os.cpu_count()} cores",
            "precision": options.precision, "compile": options.compile, "batch": options.batch,
            "connections": options.connections, "torch": torch.__version__, 
            "own": own.report(), "served": served.report(), "share": share,
        }  # fmt: skip
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
