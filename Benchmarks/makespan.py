#!/usr/bin/env python3
"""How long a run in shards takes on many machines: measured costs of images replayed on simulated nodes.

    python3 Benchmarks/makespan.py [COSTS] [--images 500] [--rate 24] [--startup 20] [--share 600]

COSTS is a run directory, or a table of `index evaluations seconds` such as Benchmarks/costs-mnist-200.tsv (the default;
--write makes one of a run). An image costs its evaluations over --rate, a node's evaluations per second, by default the
rate that the run had. More images than it has are drawn from them with replacement.

Shards take the images at positions p with p mod N = k and are handed out in order to whichever node is free, as Slurm and
Dask do. A node takes --startup seconds before each shard; stragglers run at half speed for the whole run; a lost shard is
found out where it ended and goes back to the end of the queue, its finished images and votes kept, as a requeued task
keeps them. --share S: an image that costs more than S seconds is cut into equal parts of at most S, each a shard by
itself, as if nodes shared its votes and it were known beforehand: more than any real sharing could gain.

Efficiency is the work alone over nodes x makespan; "at best" is what no shard size exceeds: the work divided evenly, or the
start-up and the slowest image. `*` marks the shard size that `ndc launch` proposes for these costs and this start-up.
"""
import argparse
import heapq
import json
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOST_SHARDS = 1000


def read(path: Path) -> tuple[list[int], float]:
    """Evaluations of each image, and how many a second."""
    if path.is_dir():
        records = [json.loads(line) for line in (path / "records.jsonl").read_text().splitlines()]
        rows = [(r["evaluations"], r["seconds"]) for r in records]
    else:
        lines = [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]
        rows = [(int(line[1]), float(line[2])) for line in lines[1:]]
    return [r[0] for r in rows], sum(r[0] for r in rows) / sum(r[1] for r in rows)


def write(run: Path, table: Path) -> None:
    arguments = json.loads((run / "run.json").read_text())["arguments"]
    lines = ["# ndc " + " ".join(arguments), "index\tevaluations\tseconds"]
    for line in (run / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        lines.append(f"{record['index']}\t{record['evaluations']}\t{record['seconds']:.2f}")
    table.write_text("\n".join(lines) + "\n")


def split(images: list[float], shards: int, share: float | None) -> list[list[float]]:
    """The shards' images; parts of images that are shared come first, since they are known."""
    if share is None:
        return [images[k::shards] for k in range(shards)]
    parts: list[list[float]] = []
    for cost in images:
        if cost > share:
            count = -int(-cost // share)
            parts += [[cost / count]] * count
    rest = [cost for cost in images if cost <= share]
    return parts + [queue for k in range(shards) if (queue := rest[k::shards])]


def makespan(queue: list[list[float]], nodes: int, options: argparse.Namespace, seed: int, ideal: bool = False) -> float:
    draw = random.Random(seed)
    stragglers, losses = (0.0, 0.0) if ideal else (options.stragglers, options.losses)
    speeds = [0.5 if draw.random() < stragglers else 1.0 for _ in range(nodes)]
    queue = list(queue)
    free = [(0.0, node) for node in range(nodes)]
    end, place = 0.0, 0
    while place < len(queue):
        work = queue[place]
        place += 1
        now, node = heapq.heappop(free)
        now += options.startup
        if draw.random() < losses:
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


def proposed(images: list[float], nodes: int, options: argparse.Namespace) -> int:
    """The number of shards with the least makespan without losses; of those within a hundredth, the smallest."""
    sizes = [1] + [size for i in range(1, 15) for size in (2**i, 3 * 2 ** (i - 1))]
    counts = {-(-len(images) // size) for size in sizes if size < 2 * len(images)} | {min(len(images), MOST_SHARDS)}
    spans = {
        shards: makespan(split(images, shards, None), nodes, options, 0, ideal=True)
        for shards in sorted(counts)
        if shards <= MOST_SHARDS
    }
    least = min(spans.values())
    return min(shards for shards, span in spans.items() if span <= 1.01 * least)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("costs", type=Path, nargs="?", default=HERE / "costs-mnist-200.tsv")
    parser.add_argument("--write", type=Path, metavar="TABLE", help="write the costs of a run and end")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--rate", type=float, help="evaluations per second of a node; by default the run's")
    parser.add_argument("--startup", type=float, default=20.0, help="seconds before a shard's first vote")
    parser.add_argument("--losses", type=float, default=0.02, help="the share of shards whose node is lost")
    parser.add_argument("--stragglers", type=float, default=0.05, help="the share of nodes at half speed")
    parser.add_argument("--share", type=float, help="images that cost more seconds than this are shared by nodes")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 4, 16, 64, 256, 1000])
    parser.add_argument("--per-shard", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.write:
        write(options.costs, options.write)
        return

    evaluations, rate = read(options.costs)
    measured = [count / (options.rate or rate) for count in evaluations]
    draw = random.Random(options.seed)
    images = measured if options.images == len(measured) else draw.choices(measured, k=options.images)
    work = sum(images)
    print(
        f"{len(images)} images at {options.rate or rate:.0f} evaluations/s, {work / 3600:.2f} h of work, "
        f"the slowest {max(images):.1f} s, the fastest {min(images):.2f} s"
    )
    print(f"{'nodes':>6} {'a shard':>8} {'shards':>7} {'makespan':>10} {'efficiency':>11} {'at best':>8}")
    for nodes in options.nodes:
        choice = proposed(images, nodes, options)
        counts = sorted({-(-len(images) // per) for per in options.per_shard} | {choice}, reverse=True)
        slowest = max(images) if options.share is None else max(min(cost, options.share) for cost in images)
        best = max(work / nodes, options.startup + slowest)
        for shards in counts:
            queue = split(images, shards, options.share)
            spans = [makespan(queue, nodes, options, options.seed + i) for i in range(options.repeats)]
            span = sum(spans) / len(spans)
            print(
                f"{nodes:>6} {len(images) / shards:>8.4g} {shards:>6}{'*' if shards == choice else ' '} {span:>8.0f} s "
                f"{work / nodes / span:>10.1%} {work / nodes / best:>8.1%}"
            )


if __name__ == "__main__":
    main()
