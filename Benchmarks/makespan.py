#!/usr/bin/env python3
"""How long a run in shards takes on many machines: measured costs of images replayed on simulated nodes.

    python3 Benchmarks/makespan.py RUN [--images 500] [--startup 20] [--seed 1] [--losses 0.02] [--stragglers 0.05]

RUN is a run directory: the evaluations of its records, over its measured rate, are the costs. More images than it has are
drawn from them with replacement. Shards take the images at positions p with p mod N = k and are handed out in order to
whichever node is free, as Slurm and Dask do. A node takes `startup` seconds before each shard; stragglers run at half
speed for the whole run; a lost shard is found out where it ended and goes back to the end of the queue, its finished
images and votes kept but for a uniform share of the image at hand.

Efficiency is the work alone over nodes x makespan. Where it is low for every shard size, the last column says why: no
schedule is shorter than the start-up and the slowest image.
"""
import argparse
import heapq
import json
import random
from pathlib import Path


def costs(run: Path) -> list[float]:
    records = [json.loads(line) for line in (run / "records.jsonl").read_text().splitlines()]
    rate = sum(r["evaluations"] for r in records) / sum(r["seconds"] for r in records)
    return [r["evaluations"] / rate for r in records]


def makespan(images: list[float], shards: int, nodes: int, options: argparse.Namespace, seed: int) -> float:
    draw = random.Random(seed)
    speeds = [0.5 if draw.random() < options.stragglers else 1.0 for _ in range(nodes)]
    queue = [images[k::shards] for k in range(shards)]
    free = [(0.0, node) for node in range(nodes)]
    heapq.heapify(free)
    end, place = 0.0, 0
    while place < len(queue):
        work = queue[place]
        place += 1
        now, node = heapq.heappop(free)
        now += options.startup
        if draw.random() < options.losses:
            stop = draw.random() * sum(work)
            now += stop / speeds[node]
            rest, passed = [], 0.0
            for cost in work:
                # Votes are kept to a fraction of a second.
                if passed + cost > stop:
                    rest.append(min(cost, passed + cost - stop))
                passed += cost
            queue.append(rest)
        else:
            now += sum(work) / speeds[node]
        end = max(end, now)
        heapq.heappush(free, (now, node))
    return end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--startup", type=float, default=20.0, help="seconds before a shard's first vote")
    parser.add_argument("--losses", type=float, default=0.02, help="the share of shards whose node is lost")
    parser.add_argument("--stragglers", type=float, default=0.05, help="the share of nodes at half speed")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 4, 16, 64, 256, 1000])
    parser.add_argument("--per-shard", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    measured = costs(options.run)
    draw = random.Random(options.seed)
    images = measured if options.images == len(measured) else draw.choices(measured, k=options.images)
    work = sum(images)
    print(f"{len(images)} images, {work / 3600:.1f} h of work, the slowest {max(images):.0f} s, "
          f"the fastest {min(images):.0f} s")
    print(f"{'nodes':>6} {'a shard':>8} {'shards':>7} {'makespan':>10} {'efficiency':>11} {'at best':>8}")
    for nodes in options.nodes:
        best = max(work / nodes, options.startup + max(images))
        for per in options.per_shard:
            shards = max(1, -(-len(images) // per))
            spans = [makespan(images, shards, nodes, options, options.seed + i) for i in range(options.repeats)]
            span = sum(spans) / len(spans)
            print(f"{nodes:>6} {per:>8} {shards:>7} {span:>8.0f} s {work / nodes / span:>10.1%} "
                  f"{work / nodes / best:>7.1%}")


if __name__ == "__main__":
    main()
