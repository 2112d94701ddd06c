#!/usr/bin/env python3
"""A certification in shards on Dask's workers, merged as they come back.

    python3 Scale/certify_dask.py --scheduler tcp://HOST:8786 --shards 50 --out runs/whole -- --count 500 --sigma 0.5
    python3 Scale/certify_dask.py --workers 3 --shards 12 --out runs/whole -- --count 60

Behind -- stand the options of `ndc certify` for the whole run. Every worker needs `ndc` (`--ndc`), the model and the data
under the same paths; nothing else is shared: a shard comes back as bytes with their digest, and is put into OUT-parts/k.
What is there already is not computed again. A task whose worker dies is run again elsewhere.

With a cluster of your own (dask-jobqueue, dask-kubernetes), three lines do the same:

    from certify_dask import Certification
    cluster = SLURMCluster(...); cluster.scale(jobs=20)
    Certification(["--count", "500"], shards=50, out="runs/whole").run(Client(cluster))
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = ("run.json", "records.jsonl", "certified.tsv", "summary.json")


@dataclass(frozen=True)
class Shard:
    """A finished shard's run directory as a tar archive."""

    index: int
    archive: bytes
    digest: str
    host: str


def certify_shard(ndc: str, options: list[str], index: int, of: int) -> Shard:
    """Runs one shard on a worker, in a folder that is gone afterwards."""
    import platform

    with tempfile.TemporaryDirectory(prefix="ndc-shard-") as folder:
        out = os.path.join(folder, "shard")
        command = [ndc, "certify", *options, "--shard", f"{index}/{of}", "--out", out]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            last = "\n".join(done.stderr.strip().splitlines()[-5:])
            raise RuntimeError(f"shard {index}/{of} on {platform.node()}: status {done.returncode}: {last}")
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name in FILES:
                archive.add(os.path.join(out, name), arcname=name)
        content = buffer.getvalue()
        return Shard(index, content, hashlib.sha256(content).hexdigest(), platform.node())


@dataclass
class Certification:
    """A certification of `options` in so many shards, merged into `out`."""

    options: list[str]
    shards: int
    out: str
    ndc: str = "ndc"
    retries: int = 5
    #: Seconds between two merges of what has come.
    merge_every: float = 60

    @property
    def parts(self) -> Path:
        return Path(str(self.out).rstrip("/") + "-parts")

    def is_there(self, index: int) -> bool:
        """Whether a shard is complete, by its own description."""
        folder = self.parts / str(index)
        try:
            run = json.loads((folder / "run.json").read_text())
            records = (folder / "records.jsonl").read_text().count("\n")
        except (OSError, ValueError):
            return False
        shard = run.get("shard", {})
        if (shard.get("index"), shard.get("of")) != (index, self.shards):
            raise SystemExit(f"{folder} holds another shard than {index}/{self.shards}; name another --out")
        return bool(records == run["images"]["count"])

    def keep(self, shard: Shard) -> None:
        """Puts a shard that came back in its place, whole or not at all."""
        found = hashlib.sha256(shard.archive).hexdigest()
        if found != shard.digest:
            raise ValueError(f"shard {shard.index} came back with SHA-256 {found}, sent with {shard.digest}")
        place = self.parts / str(shard.index)
        with tempfile.TemporaryDirectory(dir=self.parts, prefix=".ndc-") as folder:
            with tarfile.open(fileobj=io.BytesIO(shard.archive)) as archive:
                for member in archive.getmembers():
                    # Names are fixed: no archive decides a path.
                    if member.name not in FILES or not member.isfile():
                        raise ValueError(f"shard {shard.index} holds {member.name!r}")
                    content = archive.extractfile(member)
                    assert content is not None
                    (Path(folder) / member.name).write_bytes(content.read())
            if place.exists():
                shutil.rmtree(place)
            ready = self.parts / f".ndc-{shard.index}-{os.getpid()}"
            shutil.copytree(folder, ready)
            ready.rename(place)

    def merge(self, partial: bool) -> None:
        command = [self.ndc, "merge", str(self.parts), "--out", self.out] + (["--partial"] if partial else [])
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"merging failed:\n{done.stderr.strip()}")

    def run(self, client: Any) -> None:
        """Computes the missing shards on a client's workers and merges."""
        from distributed import as_completed

        self.parts.mkdir(parents=True, exist_ok=True)
        missing = [k for k in range(self.shards) if not self.is_there(k)]
        print(f"{len(missing)} of {self.shards} shards to do", file=sys.stderr, flush=True)
        # Two certifications on one scheduler: tasks of one key are one task.
        name = f"ndc-{uuid.uuid4().hex[:12]}"
        tasks = [
            client.submit(
                certify_shard, self.ndc, self.options, k, self.shards, retries=self.retries, pure=False, key=(name, k)
            )
            for k in missing
        ]
        start = merged = time.monotonic()
        done = 0
        for task in as_completed(tasks, loop=client.loop):
            shard = task.result()
            self.keep(shard)
            task.release()
            done += 1
            now = time.monotonic()
            left = (now - start) / done * (len(missing) - done)
            print(
                f"shard {shard.index} from {shard.host}: {done}/{len(missing)}, about {left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )
            if now - merged > self.merge_every and done < len(missing):
                self.merge(partial=True)
                merged = now
        self.merge(partial=False)
        print(f"run directory: {self.out}", flush=True)


def main() -> None:
    arguments = sys.argv[1:]
    options: list[str] = []
    if "--" in arguments:
        place = arguments.index("--")
        arguments, options = arguments[:place], arguments[place + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--scheduler", help="the address of a scheduler")
    where.add_argument("--workers", type=int, help="so many worker processes of this machine")
    parser.add_argument("--shards", type=int, required=True)
    parser.add_argument("--out", required=True, help="the merged run directory; the parts lie in OUT-parts")
    parser.add_argument("--ndc", default=shutil.which("ndc") or "ndc", help="the program, on every worker")
    parser.add_argument("--retries", type=int, default=5)
    given = parser.parse_args(arguments)
    if any(word.split("=")[0] in ("--out", "--shard", "--resume") for word in options):
        parser.error("--out, --shard and --resume are not the whole run's to name")

    from distributed import Client, LocalCluster

    work = Certification(options, given.shards, given.out, ndc=given.ndc, retries=given.retries)
    if given.scheduler:
        with Client(given.scheduler) as client:
            client.upload_file(__file__)
            work.run(client)
    else:
        with LocalCluster(n_workers=given.workers, threads_per_worker=1, dashboard_address=None) as cluster:
            with Client(cluster) as client:
                work.run(client)


if __name__ == "__main__":
    main()
