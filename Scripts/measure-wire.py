#!/usr/bin/env python3
"""What the wire costs by itself: `ndc denoise` at a native server that returns its input, on this machine.

    swift build -c release                    (ndc and reference-server)
    Scripts/measure-wire.py [ROWS]            12 800 rows of 3x32x32 unless named; a multiple of 64

For one connection and for two: rows a second as `ndc` counts them, and the processor time that a row takes of the client
(reading and writing the arrays included, which its rate leaves out) and of the server, in user and in kernel mode. Rates
need an idle machine.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

BUILT = Path(__file__).resolve().parent.parent / ".build/release"
SHAPE = (3, 32, 32)


def array(path: Path, kind: str, shape: tuple[int, ...], data: bytes) -> str:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + data)
    return str(path)


def processor_time(pid: int) -> tuple[float, float]:
    """Seconds in user and in kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 12800
    with tempfile.TemporaryDirectory() as folder:
        values = 3 * 32 * 32
        block = struct.pack(f"<{values}f", *((i % 251) / 125 - 1 for i in range(values)))
        x = array(Path(folder, "x.npy"), "<f4", (rows, *SHAPE), block * rows)
        s = array(Path(folder, "s.npy"), "<f4", (rows,), struct.pack("<f", 0.5) * rows)
        y = array(Path(folder, "y.npy"), "<i8", (rows,), struct.pack("<q", 3) * rows)
        server = subprocess.Popen([BUILT / "reference-server", "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v2/models/model"
            for connections in 1, 2:
                before = processor_time(server.pid)
                command = [BUILT / "ndc", "denoise", "--model", url, "--classes", "10", "--x", x, "--sigma", s]
                command += ["--labels", y, "--out", f"{folder}/d.npy", "--connections", str(connections), "--json"]
                client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                output = client.stdout.read()
                _, status, usage = os.wait4(client.pid, 0)
                if status:
                    sys.exit(f"ndc denoise ended with {os.waitstatus_to_exitcode(status)}")
                after = processor_time(server.pid)
                rate = json.loads(output)["evaluationsPerSecond"]
                parts = [usage.ru_utime, usage.ru_stime, after[0] - before[0], after[1] - before[1]]
                user, kernel, server_user, server_kernel = (f"{1e6 * part / rows:.1f}" for part in parts)
                print(
                    f"{connections} connection{'s' * (connections > 1)}: {rate:.0f} rows/s; a row takes of the client "
                    f"{user} us + {kernel} us in the kernel, of the server {server_user} us + {server_kernel} us"
                )
        finally:
            server.kill()


if __name__ == "__main__":
    main()
