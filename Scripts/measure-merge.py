#!/usr/bin/env python3
"""Merges 10 000 made-up images in 1 000 shards; fails where that takes 5 s or 200 MiB, or where a number is off.

    Scripts/measure-merge.py [NDC]
"""
import copy
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

NDC = sys.argv[1] if len(sys.argv) > 1 else ".build/release/ndc"
SHARDS, EACH = 1000, 10
SECONDS, MEBIBYTES = 5, 200
TOTAL = SHARDS * EACH


def digest(lines):
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def make(folder, run, record):
    """Shards of one finished image, under every index."""
    picture, label = record["picture"]["digest"], record["label"]
    whole = digest(f"{i}\t{label}\t\t\n" for i in range(TOTAL))
    for shard in range(SHARDS):
        place = f"{folder}/{shard}"
        os.makedirs(place)
        indices = range(shard, TOTAL, SHARDS)
        manifest = copy.deepcopy(run)
        manifest["data"]["size"] = manifest["claim"] = TOTAL
        manifest["images"] = {"count": EACH, "first": shard, "stride": SHARDS}
        manifest["shard"] = {
            "index": shard, "of": SHARDS, "images": TOTAL, "pictures": whole,
            "selection": {"first": 0, "stride": 1, "count": TOTAL},
        }
        manifest["pictures"] = {"digest": digest(f"{i}\t{label}\t{picture}\t\n" for i in indices)}
        with open(f"{place}/run.json", "w") as file:
            json.dump(manifest, file)
        with open(f"{place}/records.jsonl", "w") as file:
            for i in indices:
                file.write(json.dumps(record | {"index": i}, sort_keys=True, separators=(",", ":")) + "\n")


with tempfile.TemporaryDirectory(prefix="ndc-merge-") as folder:
    base = f"{folder}/base"
    subprocess.run([NDC, "certify", "--count", "1", "--out", base], check=True, capture_output=True)
    with open(f"{base}/run.json") as run, open(f"{base}/records.jsonl") as records:
        make(f"{folder}/shards", json.load(run), json.loads(records.readline()))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run([NDC, "merge", f"{folder}/shards", "--out", f"{folder}/merged"], check=True, capture_output=True)
    wall = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    memory = used.ru_maxrss / 1024
    with open(f"{folder}/merged/records.jsonl") as records:
        indices = [json.loads(line)["index"] for line in records]
    print(f"{TOTAL} images in {SHARDS} shards: {wall:.1f} s ({busy:.1f} s of processor), at most {memory:.0f} MiB")
    assert indices == list(range(TOTAL)), "not every image, in order"
    subprocess.run([NDC, "report", f"{folder}/merged", "--json"], check=True, capture_output=True)
    compare = [NDC, "compare", f"{folder}/merged", f"{folder}/merged", "--json"]
    subprocess.run(compare, check=True, capture_output=True)
    # Processor time: how long files take belongs to the disk.
    assert busy < SECONDS and memory < MEBIBYTES, "too slow or too large"
