#!/usr/bin/env python3
"""One certified MNIST image: the reference protocol in PyTorch against `ndc certify --preset fast`, in one run.

    Benchmarks/peer/bench_protocol.py [--ndc PATH] [--model FILE] [--sigma 0.5] [--votes 1] [--count 3] [--rounds 1] …

The reference protocol is APNDC on points 1 … 124 of linspace(2σ, 3, 126), weighting edm-reference, 100 + 10 000 votes:
1 + 10·124 evaluations a vote, a batch being all classes of one level, as the published code runs it. Votes are timed
after one that warms up, and the seconds of an image are

    seconds per evaluation of the timed votes × (100 + 10 000)·(1 + 10·124)

Only time is scaled: every vote costs the same evaluations, and no vote or result is ever extrapolated.
Two peers: "as published" (fp32, eager) and the fastest variant of a survey at that batch (compiled, channels-last, bf16
where the processor has it). First the peer's per-class losses of one vote are held against `ndc losses` on the same noise.
`ndc` is a fresh process on the first --count test images; its wall clock, start-up and all, is divided by their number.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import paths  # noqa: F401
import peer_environment
from peer_environment import REPOSITORY, SLACK, Foreign, Measured, processor, verdict_on

SELECTION, ESTIMATION, POINTS, HIGHEST = 100, 10_000, 126, 3.0
# The peer's losses against `ndc losses` in fp32, relative to the greatest: both sum a thousand squares per level.
LOSS_BAR = 1e-4


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ndc", type=pathlib.Path, default=REPOSITORY / ".build/release/ndc")
    parser.add_argument(
        "--model", type=pathlib.Path, help="of MNIST's size, .pkl or .safetensors (default: the bundled one)"
    )
    parser.add_argument("--sigma", type=float, default=0.5, help="the smoothing noise in pixels")
    parser.add_argument("--target-radius", type=float, nargs="+", default=[0.25, 0.5, 0.75, 1.0])
    parser.add_argument(
        "--votes", type=int, default=1, help="of the protocol, timed per round and peer after one to warm up"
    )
    parser.add_argument("--count", type=int, default=3, help="images that ndc certifies, the first of MNIST's test set")
    parser.add_argument("--rounds", type=int, default=1, help="peers and ndc in turn; medians are compared")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--modes", nargs="+", choices=["eager", "compiled"], default=["eager", "compiled"], help="of the survey"
    )
    parser.add_argument("--survey-seconds", type=float, default=1.0, help="one timing of the survey")
    parser.add_argument(
        "--levels", type=int, help="time only so many levels of each vote: to try the script out, void as a result"
    )
    parser.add_argument("--expect-rate", type=float, help="evaluations/s of the fastest peer on this machine when idle")
    parser.add_argument(
        "--ndc-option", action="append", default=[], help="one more argument for `ndc certify`; repeatable"
    )
    parser.add_argument(
        "--fixtures", type=pathlib.Path, help="recorded outputs of the original network (default: NDC_SHARED's)"
    )
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    return parser.parse_args()


class Protocol:
    """APNDC as published: x̂ = D(x_τ; σ_τ, none), L_y = Σ_t ω_t ‖D(x̂ + s_t ε_t; s_t, y) − x̂‖², the least loss is the vote."""

    def __init__(self, denoiser, sigma, levels=None):
        import torch

        self.denoiser, self.start = denoiser, 2 * sigma
        if not 0 < self.start < HIGHEST:
            sys.exit(f"--sigma {sigma}: the reference grid goes from 2σ to {HIGHEST}")
        grid = torch.linspace(self.start, HIGHEST, POINTS, dtype=torch.float64)
        self.grid = grid[1 : POINTS - 1]
        step, data = grid[2:] - grid[1:-1], denoiser.architecture.constants["sigma_data"]
        s = self.grid
        balance = (s**2 + data**2) / (s * data) ** 2
        # The published code multiplies by the variance where a density divides.
        density = (-((s.log() + 1.2) ** 2) / 2 * 1.2**2).exp() / (s * 1.2 * (2 * torch.pi) ** 0.5)
        self.weights = step * balance * density
        self.classes = denoiser.architecture.label_dim
        self.timed = len(s) if levels is None else min(levels, len(s))

    @property
    def evaluations(self):
        """Of one vote."""
        return 1 + self.classes * len(self.grid)

    @property
    def timed_evaluations(self):
        return 1 + self.classes * self.timed

    def losses(self, variant, noisy, noise):
        """Per-class losses [K] of x_τ in model space, with ε [T, C, H, W] that all classes share."""
        import torch

        labels = torch.arange(self.classes)
        estimate = variant.unconditional(noisy, torch.tensor([self.start], dtype=torch.float32))
        total = torch.zeros(self.classes, dtype=torch.float64)
        for s, weight, epsilon in zip(self.grid[: self.timed].tolist(), self.weights.tolist(), noise):
            x = (estimate + s * epsilon).expand(self.classes, -1, -1, -1)
            denoised = variant.denoise(x, torch.full((self.classes,), s), labels)
            total += weight * (denoised - estimate).square().sum(dim=(1, 2, 3), dtype=torch.float64)
        return total


class Peer:
    """A variant of bench_torch that also gives x̂, a single evaluation that need not be compiled a second time."""

    def __init__(self, variant, denoiser):
        self.variant, self.network, self.denoise = variant, denoiser, variant.denoise

    @property
    def name(self):
        return self.variant.name

    def unconditional(self, x, sigma):
        import torch

        with torch.no_grad():
            return self.network(x, sigma, None)


class Votes:
    """Noisy copies of the test images and the noise of their levels, fresh for every vote."""

    def __init__(self, protocol, images, sigma):
        import torch

        self.protocol, self.images, self.sigma = protocol, images, sigma
        self.random, self.index = torch.Generator().manual_seed(5), 0

    def draw(self):
        import torch

        image = self.images[self.index % len(self.images)][None]
        self.index += 1
        noisy = 2 * (image + self.sigma * torch.randn(image.shape, generator=self.random)) - 1
        shape = (len(self.protocol.grid), *image.shape[1:])
        return noisy, torch.randn(shape, generator=self.random)

    def timed(self, peer, count):
        """Seconds per evaluation of so many votes, and their classes."""
        start, found = time.perf_counter(), []
        for _ in range(count):
            found.append(int(self.protocol.losses(peer, *self.draw()).argmin()))
        return (time.perf_counter() - start) / (count * self.protocol.timed_evaluations), found


def check_losses(o, protocol, peer, votes, model):
    """The peer computes what `ndc losses` does from the same noise: else two different things would be timed."""
    import numpy

    noisy, noise = votes.draw()
    ours = protocol.losses(peer, noisy, noise).numpy()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        numpy.save(folder / "x.npy", ((noisy + 1) / 2).numpy())
        numpy.save(folder / "noise.npy", noise[: protocol.timed].numpy())
        numpy.save(folder / "grid.npy", protocol.grid[: protocol.timed].numpy())
        command = [o.ndc, "losses", "--model", model, "--method", "apndc", "--weighting", "edm-reference"]
        command += ["--sigma", o.sigma, "--precision", "fp32", "--threads", o.threads]
        command += ["--x", folder / "x.npy", "--noise", folder / "noise.npy", "--grid", folder / "grid.npy"]
        Measured([*command, "--out", folder / "losses.npy"])
        theirs = numpy.load(folder / "losses.npy")[0]
    difference = float(abs(ours - theirs).max() / abs(theirs).max())
    print(f"one vote's losses: off `ndc losses` by {difference:.1e} of the greatest (bar {LOSS_BAR:.0e})", flush=True)
    if not difference <= LOSS_BAR:
        sys.exit("the peer does not compute the reference protocol: nothing was timed")


def surveyed(o, denoiser):
    """The published way and the fastest variant, at a batch of all classes."""
    import bench_torch

    here = [p for p in bench_torch.PRECISIONS if p == "fp32" or peer_environment.has_bf16()]
    variants, failures = bench_torch.prepare(
        denoiser, [denoiser.architecture.label_dim], precisions=here, modes=o.modes
    )
    rates = bench_torch.survey(variants, 3, o.survey_seconds)
    winner = bench_torch.show(variants, failures, rates)
    published = next((v for v in variants if v.name.startswith("fp32 contiguous eager")), None)
    published = published or bench_torch.Variant(
        denoiser, "fp32", "contiguous", "eager", denoiser.architecture.label_dim
    )
    return {"as published": Peer(published, denoiser), "fastest": Peer(winner, denoiser)}


def certify(o, model):
    """One run of ndc: wall clock per image, mean and median evaluations, and the records."""
    with tempfile.TemporaryDirectory() as folder:
        command = [o.ndc, "certify", "--preset", "fast", "--model", model, "--data", "mnist", "--sigma", o.sigma]
        command += ["--target-radius", *o.target_radius, "--count", o.count, "--threads", o.threads]
        measured = Measured([*command, "--out", pathlib.Path(folder) / "run", "--json", *o.ndc_option])
    records = measured.json["records"]
    if len(records) != o.count:
        sys.exit(f"ndc certified {len(records)} of {o.count} images")
    return measured.wall / o.count, records


def measure(o, model):
    import torch

    from networks import ndc_safetensors
    from peer_inputs import digits

    torch.set_num_threads(o.threads)
    denoiser = ndc_safetensors.load(model)
    a = denoiser.architecture
    if a.precond != "EDMPrecond" or (a.img_channels, a.img_resolution, a.label_dim) != (1, 32, 10):
        sys.exit(f"{model}: the protocol is for MNIST: EDM preconditioning, 1×32×32, 10 classes")
    protocol = Protocol(denoiser, o.sigma, o.levels)
    images, _ = digits("t10k", o.count)
    votes = Votes(protocol, images, o.sigma)
    peers = surveyed(o, denoiser)
    check_losses(o, protocol, peers["as published"], votes, model)
    if peers["fastest"].name == peers["as published"].name:
        del peers["as published"]
    for peer in peers.values():
        votes.timed(peer, 1)
        print(f"one vote to warm up: {peer.name}", file=sys.stderr, flush=True)

    seconds, classes, walls, records, foreign = {}, {}, [], [], Foreign()
    for i in range(o.rounds):
        turns = [*peers, "ndc"]
        for turn in turns if i % 2 == 0 else reversed(turns):
            if turn == "ndc":
                wall, records = certify(o, model)
                walls.append(wall)
            else:
                found, voted = votes.timed(peers[turn], o.votes)
                seconds.setdefault(turn, []).append(found)
                classes.setdefault(turn, []).extend(voted)
        print(f"round {i + 1} of {o.rounds}", file=sys.stderr, flush=True)
    return report(o, protocol, peers, seconds, classes, walls, records, foreign.share())


def report(o, protocol, peers, seconds, classes, walls, records, busy):
    import torch

    votes = SELECTION + ESTIMATION
    exact = votes * protocol.evaluations
    own = statistics.median(walls)
    spent = [record["evaluations"] for record in records]
    mean, median = statistics.mean(spent), statistics.median(spent)
    ours = f"ndc, fast, {o.count} images"
    rows, ratios = [(ours, f"{mean:,.0f} (median {median:,.0f})", f"{mean / own:,.1f}", f"{own:,.2f}", "", "")], {}
    for name, peer in peers.items():
        each = statistics.median(seconds[name])
        image = each * exact
        ratios[name] = dict(
            evaluationsPerSecond=1 / each,
            secondsPerImage=image,
            wallClock=image / own,
            evaluations=exact / mean,
            variant=peer.name,
        )
        title = f"PyTorch {name}: {peer.name}"
        rows.append(
            (
                title,
                f"{exact:,}",
                f"{1 / each:,.1f}",
                f"{image:,.0f} ({image / 3600:.1f} h)",
                f"{image / own:,.0f}",
                f"{exact / mean:,.0f} (median {exact / median:,.0f})",
            )
        )

    certified = ", ".join(f"{r['radius']:.3f}" if not r["abstained"] else "abstained" for r in records)
    notes = [
        f"the reference protocol's time is that of {o.votes * o.rounds} timed votes × the exact count, "
        f"({SELECTION} + {ESTIMATION:,}) × (1 + {protocol.classes} × {len(protocol.grid)}) = {exact:,} evaluations: it was not run to the end, "
        "and no vote or result was extrapolated",
        f"σ = {o.sigma}, targets {' '.join(map(str, o.target_radius))}; ndc's seconds are wall clock of a fresh process over {o.count} images, "
        f"median of {o.rounds} runs ({min(walls):.2f} … {max(walls):.2f}); radii {certified}",
        f"PyTorch {torch.__version__}, {o.threads} threads, {processor()}",
    ]
    sound = o.levels is None
    if not sound:
        notes.append(f"only {protocol.timed} levels of a vote were timed (--levels): the ratio is void")
    if o.expect_rate:
        found = ratios["fastest"]["evaluationsPerSecond"]
        reached = found >= (1 - SLACK) * o.expect_rate
        sound &= reached
        notes.append(
            f"PyTorch's fastest: {found:.1f} of an expected {o.expect_rate:.1f} evaluations/s, "
            + ("reached" if reached else "NOT reached: the ratio is void")
        )
    line, idle = verdict_on(busy)
    notes.append(line)
    sound &= idle

    heads = (
        "",
        "evaluations per image",
        "evaluations/s",
        "seconds per image",
        "× ndc's wall clock",
        "× ndc's evaluations",
    )
    print(f"\n{heads[0]:48} {heads[1]:>26} {heads[2]:>14} {heads[3]:>20} {heads[4]:>19} {heads[5]:>24}")
    for row in rows:
        print(f"{row[0]:48} {row[1]:>26} {row[2]:>14} {row[3]:>20} {row[4]:>19} {row[5]:>24}")
    for note in notes:
        print(note)
    print("every ratio counts" if sound else "NOT a result: see above")
    if o.markdown:
        lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * 5]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        lines += [""] + [f"- {note}" for note in notes] + ([] if sound else ["- **not a result**"])
        o.markdown.write_text("\n".join(lines) + "\n")
    if o.json:
        content = dict(
            protocolEvaluations=exact, peers=ratios, secondsPerEvaluation=seconds, votedClasses=classes, votesTimed=o.votes * o.rounds,
            ndc=dict(secondsPerImage=walls, evaluations=spent, records=records), foreign=busy, sound=sound, processor=processor(),
        )  # fmt: skip
        o.json.write_text(json.dumps(content, indent=2))
    return 0 if sound else 1


def main():
    o = options()
    o.ndc = peer_environment.executable(o.ndc).resolve()
    _, python = peer_environment.enter()
    os.environ.setdefault("NDC_RESOURCES", str(peer_environment.resources()))
    peer_environment.check_network(python, o.fixtures, o.threads)
    sys.exit(measure(o, o.model or peer_environment.bundled_model()))


if __name__ == "__main__":
    main()
