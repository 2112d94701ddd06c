"""What every training step shares: schedule, EMA, checkpoints, pause, progress. Everything counts in images seen."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import torch
from torch import Tensor, nn

import fast_norm
from data import Augmentation, Batches, ImageSet, load
from muon import optimizers

# `count` noisy images as tensors whose first axis is the image, in the main thread, which owns the randomness.
Draw = Callable[[int], tuple[Tensor, ...]]
# The loss of a slice of them and figures to report, both means over the slice.
Loss = Callable[..., tuple[Tensor, dict[str, Tensor]]]
Evaluate = Callable[[], dict[str, float]]


def add_common_options(parser: argparse.ArgumentParser, images: int) -> None:
    add = parser.add_argument
    add(
        "--data",
        required=True,
        help="a folder: CIFAR-10's binary batches, IDX files, or one folder of pictures a class",
    )
    add("--out", required=True, type=Path, help="the run's folder; a checkpoint in it is resumed")
    add("--init", type=Path, help="start from the EMA weights of this checkpoint")
    add(
        "--images",
        type=int,
        default=images,
        help="noisy images to see in all, every copy counted (default %(default)s)",
    )
    add("--hours", type=float, help="instead of --images: this many hours at --speed images/s")
    add("--speed", type=float, default=250, help="images/s of the idle machine, for --hours (default %(default)s)")
    add("--batch", type=int, default=256, help="noisy images a step, every copy counted (default %(default)s)")
    add("--rate", type=float, default=0.02, help="Muon's learning rate (default %(default)s)")
    add("--adam-rate", type=float, default=2e-3, help="AdamW's, for the rest (default %(default)s)")
    add("--weight-decay", type=float, default=0.02, help="Muon's, times its rate (default %(default)s)")
    add("--warm-up", type=int, default=50_000, help="images of rising rate (default %(default)s)")
    add(
        "--decay",
        type=float,
        default=0.4,
        help="share of the images over which the rate falls to 0 (default %(default)s)",
    )
    add("--ema", type=float, default=250_000, help="images over which weights are averaged (default %(default)s)")
    add(
        "--held-out",
        type=int,
        default=1923,
        help="training images at the end kept for evaluation (default %(default)s)",
    )
    add("--side", type=int, help="pad or scale images to this side")
    add("--shift", type=int, default=4, help="largest shift in augmentation, pixels (default %(default)s)")
    add("--no-flip", action="store_true", help="no left-right flips (digits)")
    add("--evaluate-every", type=int, default=100_000, help="images between evaluations (default %(default)s)")
    add("--evaluate-images", type=int, default=1000, help="held-out images in one (default %(default)s)")
    add("--checkpoint-minutes", type=float, default=5, help="(default %(default)s)")
    add("--pause-file", type=Path, help="wait while this file exists")
    add("--seed", type=int, default=0)
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--precision", choices=["auto", "bf16", "fp32"], default="auto", help="auto: bf16 where the processor has it")
    add("--threads", type=int, default=2, help="processor threads, each with its own slices (default %(default)s)")
    add("--slice", type=int, default=128, help="noisy images in a slice; it stays in cache (default %(default)s)")


def autocast(device: str, precision: str) -> AbstractContextManager:
    kind = device.split(":")[0]
    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if kind == "cuda" else torch.ops.mkldnn._is_mkldnn_bf16_supported()
        precision = "bf16" if fast else "fp32"
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=precision == "bf16")


def rate_factor(seen: int, total: int, warm_up: int, decay: float) -> float:
    """Rises over `warm_up` images, stays at 1, falls linearly to 0 over the last `decay` of all: a run can be prolonged
    from any checkpoint before the fall."""
    rise = min(1.0, (seen + 1) / max(1, warm_up))
    fall = min(1.0, max(0, total - seen) / max(1.0, decay * total))
    return min(rise, fall)


class Workers:
    """Threads that work through slices of a batch, each with one processor thread of PyTorch's.

    On a busy machine two threads of one operation wait for each other at its end; two slices do not, and a slice of 128
    images stays in cache: half the processor time an image. On another device there is one slice and no thread.
    """

    def __init__(self, options: argparse.Namespace):
        self.on_processor = options.device == "cpu"
        self.slice = options.slice
        if self.on_processor:
            torch.set_num_threads(1)
            fast_norm.install()
            self.pool = ThreadPoolExecutor(options.threads, initializer=lambda: torch.set_num_threads(1))

    def map(self, function: Callable, items: Iterable) -> Iterable:
        return self.pool.map(function, items) if self.on_processor else map(function, items)

    def slices(self, count: int, copies: int = 1) -> list[slice]:
        size = max(1, self.slice // copies) if self.on_processor else count
        return [slice(start, start + size) for start in range(0, count, size)]


class Loop:
    """One training run: the network, its averages and optimisers, and where it stands."""

    def __init__(self, options: argparse.Namespace, network: nn.Module, extra: dict[str, Tensor] | None = None):
        """`extra` are named trainable tensors beside the network's."""
        self.options, self.network, self.extra = options, network, extra or {}
        self.workers = Workers(options)
        if options.hours:
            options.images = int(options.hours * 3600 * options.speed)
        images = load(options.data, train=True, side=options.side)
        self.train_set, self.held_out = images.split(options.held_out)
        self.batches = Batches(self.train_set, Augmentation(not options.no_flip, options.shift), options.seed)
        self.generator = torch.Generator().manual_seed(options.seed)
        network.to(options.device, memory_format=torch.channels_last)
        self.ema = {k: v.detach().clone() for k, v in network.state_dict().items()}
        self.optimizers = optimizers(
            network, options.rate, options.adam_rate, options.weight_decay, tuple(self.extra.values()), self.workers.map
        )
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["base"] = group["lr"]
        self.seen, self.steps, self.training_seconds, self.processor_seconds = 0, 0, 0.0, 0.0
        self.history: list[dict] = []
        options.out.mkdir(parents=True, exist_ok=True)
        self.checkpoint = options.out / "checkpoint.pt"
        if self.checkpoint.exists():
            self._resume()

    # Checkpoints

    def state(self) -> dict:
        return {
            "network": self.network.state_dict(), "ema": self.ema,
            "extra": {k: v.detach() for k, v in self.extra.items()},
            "optimizers": [o.state_dict() for o in self.optimizers], "batches": self.batches.state_dict(),
            "generator": self.generator.get_state(), "seen": self.seen, "steps": self.steps,
            "training_seconds": self.training_seconds, "processor_seconds": self.processor_seconds,
            "history": self.history, "options": described(self.options), "architecture": architecture_of(self.network),
            "names": list(self.train_set.names), "train_images": len(self.train_set),
        }  # fmt: skip

    def save(self, name: str = "checkpoint.pt") -> None:
        """Atomically: the file is whole, or the one before."""
        path = self.options.out / name
        partial = path.with_suffix(".partial")
        with open(partial, "wb") as file:
            torch.save(self.state(), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.options.device, weights_only=True)
        ours = described(self.options)
        for key in ("data", "batch", "seed", "held_out", "side"):
            if state["options"].get(key) != ours.get(key):
                sys.exit(f"{self.checkpoint}: the run has --{key} {state['options'].get(key)}, not {ours.get(key)}")
        self.network.load_state_dict(state["network"])
        self.ema = state["ema"]
        for name, value in self.extra.items():
            value.data.copy_(state["extra"][name])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            fresh = [(g["base"], g["weight_decay"]) for g in optimizer.param_groups]
            optimizer.load_state_dict(saved)
            # What the command line says now holds, so that a run can go on at another rate.
            for group, (base, weight_decay) in zip(optimizer.param_groups, fresh, strict=True):
                group["base"], group["weight_decay"] = base, weight_decay
        self.batches.load_state_dict(state["batches"])
        self.generator.set_state(state["generator"].cpu())
        self.seen, self.steps, self.history = state["seen"], state["steps"], state["history"]
        self.training_seconds, self.processor_seconds = state["training_seconds"], state["processor_seconds"]
        self.log(f"resumed at {self.seen} images")

    # Training

    def run(self, draw: Draw, loss: Loss, evaluate: Evaluate) -> None:
        o = self.options
        (o.out / "run.json").write_text(
            json.dumps({"command": sys.argv, **described(o), "architecture": architecture_of(self.network)}, indent=1)
        )
        self.log(
            f"{sum(p.numel() for p in self.network.parameters())} parameters, "
            f"{operations(self.network, self.train_set) / 1e9:.3f} GFLOP a pass, {len(self.train_set)} images"
        )
        saved = reported = time.monotonic()
        sums, since, seconds = {}, 0, 0.0
        while self.seen < o.images:
            self._wait_while_paused()
            begin, processor = time.monotonic(), time.process_time()
            factor = rate_factor(self.seen, o.images, o.warm_up, o.decay)
            for optimizer in self.optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = group["base"] * factor
                optimizer.zero_grad(set_to_none=True)
            figures = self._gradient(draw(o.batch), loss)
            for optimizer in self.optimizers:
                optimizer.step()
            self._average()
            before, self.seen, self.steps = self.seen, self.seen + o.batch, self.steps + 1
            now = time.monotonic()
            self.training_seconds += now - begin
            seconds += now - begin
            self.processor_seconds += time.process_time() - processor
            if not all(map(lambda v: v == v, figures.values())):
                sys.exit(f"not a number after {self.seen} images: {figures}; the checkpoint before stands")
            for key, value in figures.items():
                sums[key] = sums.get(key, 0) + value
            since += 1
            if now - reported > 30 or self.seen >= o.images:
                speed = since * o.batch / seconds
                left = (o.images - self.seen) / speed
                means = "  ".join(f"{k} {v / since:.4f}" for k, v in sums.items())
                self.log(
                    f"{self.seen}/{o.images} images  epoch {self.batches.epoch}  rate ×{factor:.2f}  {means}  "
                    f"{speed:.0f} images/s  {int(left // 3600)}:{int(left % 3600 // 60):02} left"
                )
                reported, sums, since, seconds = now, {}, 0, 0.0
            if before // o.evaluate_every != self.seen // o.evaluate_every or self.seen >= o.images:
                self._evaluate(evaluate)
            if time.monotonic() - saved > 60 * o.checkpoint_minutes:
                self.save()
                saved = time.monotonic()
        self.save()
        self.save("final.pt")
        self.log("done")

    def _gradient(self, drawn: tuple[Tensor, ...], loss: Loss) -> dict[str, float]:
        """Leaves the batch's mean gradient. Slices are summed in order, so that threads do not change the result."""
        trained = [p for p in (*self.network.parameters(), *self.extra.values()) if p.requires_grad]
        count = len(drawn[0])
        parts = self.workers.slices(count, self.options.batch // count)

        def of_slice(part: slice) -> tuple[tuple[Tensor | None, ...], dict[str, float]]:
            pieces = tuple(t[part].to(self.options.device) for t in drawn)
            share = len(pieces[0]) / count
            with autocast(self.options.device, self.options.precision):
                value, figures = loss(*pieces)
            # Not backward(): two threads would add to one .grad.
            gradients = torch.autograd.grad(value * share, trained, allow_unused=True)
            return gradients, {k: v.item() * share for k, v in figures.items()}

        totals: dict[str, float] = {}
        for gradients, figures in self.workers.map(of_slice, parts):
            for p, g in zip(trained, gradients, strict=True):
                if g is not None:
                    p.grad = g if p.grad is None else p.grad.add_(g)
            for key, value in figures.items():
                totals[key] = totals.get(key, 0) + value
        return totals

    def _average(self) -> None:
        """EMA over about `--ema` images, less at the start, so that the first weights are soon forgotten."""
        decay = min(1 - self.options.batch / self.options.ema, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self.ema[name].lerp_(value, 1 - decay)

    def _evaluate(self, evaluate: Callable[[], dict[str, float]]) -> None:
        kept = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self.network.load_state_dict(self.ema)
        self.network.eval()
        with torch.no_grad():
            figures = evaluate()
        self.network.train()
        self.network.load_state_dict(kept)
        self.history.append({
            "images": self.seen, "epoch": self.batches.epoch, "training_hours": self.training_seconds / 3600,
            "processor_hours": self.processor_seconds / 3600, **figures,
        })  # fmt: skip
        with open(self.options.out / "history.jsonl", "a") as file:
            file.write(json.dumps(self.history[-1]) + "\n")
        self.log("held out, EMA: " + "  ".join(f"{k} {v:.4f}" for k, v in figures.items()))

    def _wait_while_paused(self) -> None:
        file = self.options.pause_file
        if file and file.exists():
            self.save()
            self.log(f"waits while {file} exists")
            while file.exists():
                time.sleep(5)
            self.log("goes on")

    def log(self, line: str) -> None:
        print(time.strftime("%m-%d %H:%M:%S ") + line, file=sys.stderr, flush=True)


def operations(network: nn.Module, images: ImageSet) -> int:
    """Floating-point operations of the convolutions and linear layers for one image, two for a multiplication and
    addition; training costs three times a pass."""
    total, hooks = 0, []

    def count(module: nn.Module, _, output: Tensor) -> None:
        nonlocal total
        total += 2 * module.weight[0].numel() * output[0].numel()

    for module in network.modules():
        if getattr(module, "weight", None) is not None and module.weight.ndim > 1:
            hooks.append(module.register_forward_hook(count))
    device = next(network.parameters()).device
    with torch.no_grad():
        network(torch.zeros(1, *images.images.shape[1:], device=device), torch.ones(1, device=device))
    for hook in hooks:
        hook.remove()
    return total


def described(options: argparse.Namespace) -> dict:
    return {k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()}


def architecture_of(network: nn.Module) -> dict:
    architecture = network.architecture
    return architecture.as_dict() if hasattr(architecture, "as_dict") else vars(architecture)
