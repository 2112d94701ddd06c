"""OpenAI's networks in PyTorch, for inference: guided-diffusion, improved-diffusion, consistency models' teacher.

An independent implementation of a written description. Module paths equal the tensor paths of the original files, so
that `state_dict` is their layout.

    ε-networks:   D(x; s, y) = x − s·ε(x/√(s²+1); t(s), y), t piecewise linear in ln s between the schedule's levels
    consistency:  D(x; s, y) = c_skip(s)·x + c_out(s)·F(c_in(s)·x; 250·ln s, y), EDM's coefficients with σ_d = ½
"""

import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

from .edm_network import frozen

GROUPS = 32


@dataclass(frozen=True)
class OpenAIArchitecture:
    """Everything about a network that is not a tensor, under the original programs' flags."""

    family: str
    image_size: int = 64
    num_channels: int = 192
    num_res_blocks: int = 3
    channel_mult: tuple = (1, 2, 3, 4)
    attention_resolutions: tuple = (32, 16, 8)
    num_classes: int = 1000
    num_heads: int = 4
    num_head_channels: int = -1
    use_new_attention_order: bool = False
    use_scale_shift_norm: bool = True
    resblock_updown: bool = True
    learn_sigma: bool = True
    noise_schedule: str = "cosine"
    diffusion_steps: int = 1000
    rescale_timesteps: bool = False
    img_channels: int = 3

    # What the shared measurements ask of an architecture.
    @property
    def img_resolution(self):
        return self.image_size

    @property
    def label_dim(self):
        return self.num_classes

    @property
    def is_teacher(self):
        return self.family == "consistency-edm"

    @property
    def out_channels(self):
        return self.img_channels * (2 if self.learn_sigma else 1)

    def description(self):
        """What the file does not say: the content of STEM.json beside it."""
        if self.is_teacher:
            return dict(family=self.family, image_size=self.image_size, num_head_channels=self.num_head_channels)
        return dict(
            family=self.family, image_size=self.image_size, num_heads=self.num_heads,
            num_head_channels=self.num_head_channels, use_new_attention_order=self.use_new_attention_order,
            noise_schedule=self.noise_schedule, diffusion_steps=self.diffusion_steps,
            rescale_timesteps=self.rescale_timesteps,
        )  # fmt: skip


NAMED = {
    # The published files' shapes.
    "guided-diffusion-64": OpenAIArchitecture("guided-diffusion", num_head_channels=64, use_new_attention_order=True),
    "improved-diffusion-imagenet64-cond": OpenAIArchitecture(
        "improved-diffusion", attention_resolutions=(16, 8), resblock_updown=False, diffusion_steps=4000
    ),
    "consistency-edm-imagenet64": OpenAIArchitecture(
        "consistency-edm", num_head_channels=64, use_new_attention_order=True, learn_sigma=False
    ),
    "improved-diffusion-cifar10-uncond": OpenAIArchitecture(
        "improved-diffusion", image_size=32, num_channels=128, channel_mult=(1, 2, 2, 2), attention_resolutions=(16, 8),
        num_classes=0, resblock_updown=False, diffusion_steps=4000, rescale_timesteps=True,
    ),
}  # fmt: skip


# MARK: Layers


class GroupNorm(nn.GroupNorm):
    """In the type of what it normalises."""

    def __init__(self, channels):
        super().__init__(GROUPS, channels)

    def forward(self, x):
        return F.group_norm(x, GROUPS, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)


def resampled(x, direction):
    if direction == "down":
        return F.avg_pool2d(x, 2)
    return F.interpolate(x, scale_factor=2, mode="nearest") if direction == "up" else x


class ResBlock(nn.Module):
    def __init__(self, a, inputs, outputs, direction=None):
        super().__init__()
        self.direction, self.scales = direction, a.use_scale_shift_norm
        self.in_layers = nn.Sequential(GroupNorm(inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        wide = outputs * (2 if self.scales else 1)
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(4 * a.num_channels, wide))
        # Place 2 is the original's dropout.
        convolution = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.out_layers = nn.Sequential(GroupNorm(outputs), nn.SiLU(), nn.Identity(), convolution)
        self.skip_connection = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x, e):
        norm, activation, convolution = self.in_layers
        h = convolution(resampled(activation(norm(x)), self.direction))
        p = self.emb_layers(e).to(h.dtype)[:, :, None, None]
        norm, activation, _, convolution = self.out_layers
        if self.scales:
            scale, shift = p.chunk(2, dim=1)
            h = torch.addcmul(shift, norm(h), scale + 1)
        else:
            h = norm(h + p)
        h = convolution(activation(h))
        return self.skip_connection(resampled(x, self.direction)) + h


class Attention(nn.Module):
    def __init__(self, a, channels):
        super().__init__()
        self.heads = channels // a.num_head_channels if a.num_head_channels > 0 else a.num_heads
        self.parts_first = a.use_new_attention_order
        self.norm = GroupNorm(channels)
        # The teacher's are convolutions of pictures, the others' of sequences.
        kind = nn.Conv2d if a.is_teacher else nn.Conv1d
        self.qkv, self.proj_out = kind(channels, 3 * channels, 1), kind(channels, channels, 1)

    def forward(self, x, e):
        n, c, height, width = x.shape
        sequence = self.norm(x) if isinstance(self.qkv, nn.Conv2d) else self.norm(x).reshape(n, c, height * width)
        qkv = self.qkv(sequence)
        if self.parts_first:
            q, k, v = qkv.reshape(n, 3, self.heads, c // self.heads, height * width).unbind(1)
        else:
            q, k, v = qkv.reshape(n, self.heads, 3, c // self.heads, height * width).unbind(2)
        mixed = F.scaled_dot_product_attention(*(t.transpose(2, 3) for t in (q, k, v)))
        return x + self.proj_out(mixed.transpose(2, 3).reshape(sequence.shape)).reshape(x.shape)


class Downsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x, e):
        return self.op(x)


class Upsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x, e):
        return self.conv(resampled(x, "up"))


class Stem(nn.Conv2d):
    def forward(self, x, e):
        return super().forward(x)


class Stage(nn.Sequential):
    """Layers that are given the embedding too."""

    def forward(self, x, e):
        for layer in self:
            x = layer(x, e)
        return x


# MARK: Network


class OpenAIUNet(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.architecture = a
        width = 4 * a.num_channels
        self.time_embed = nn.Sequential(nn.Linear(a.num_channels, width), nn.SiLU(), nn.Linear(width, width))
        if a.num_classes:
            self.label_emb = nn.Embedding(a.num_classes, width)
        channels = int(a.channel_mult[0] * a.num_channels)
        stages, stored = [Stage(Stem(a.img_channels, channels, 3, padding=1))], [channels]
        lowest = len(a.channel_mult) - 1
        for level, mult in enumerate(a.channel_mult):
            for _ in range(a.num_res_blocks):
                outputs = int(mult * a.num_channels)
                stages.append(Stage(ResBlock(a, channels, outputs), *self._attention(level, outputs)))
                channels = outputs
                stored.append(channels)
            if level < lowest:
                down = ResBlock(a, channels, channels, "down") if a.resblock_updown else Downsample(channels)
                stages.append(Stage(down))
                stored.append(channels)
        self.input_blocks = nn.ModuleList(stages)
        self.middle_block = Stage(
            ResBlock(a, channels, channels), Attention(a, channels), ResBlock(a, channels, channels)
        )
        stages = []
        for level, mult in reversed(list(enumerate(a.channel_mult))):
            for index in range(a.num_res_blocks + 1):
                outputs = int(mult * a.num_channels)
                layers = [ResBlock(a, channels + stored.pop(), outputs), *self._attention(level, outputs)]
                channels = outputs
                if level and index == a.num_res_blocks:
                    layers.append(ResBlock(a, channels, channels, "up") if a.resblock_updown else Upsample(channels))
                stages.append(Stage(*layers))
        self.output_blocks = nn.ModuleList(stages)
        self.out = nn.Sequential(GroupNorm(channels), nn.SiLU(), nn.Conv2d(channels, a.out_channels, 3, padding=1))

    def _attention(self, level, channels):
        a = self.architecture
        return [Attention(a, channels)] if a.image_size >> level in a.attention_resolutions else []

    def forward(self, x, t, labels=None):
        """x [N, C, H, W], t [N] as it goes into the embedding, labels int64 [N] (negative: no embedding of it)."""
        half = self.architecture.num_channels // 2
        frequencies = (-math.log(10000) * torch.arange(half, dtype=torch.float32, device=x.device) / half).exp()
        angles = t.to(torch.float32)[:, None] * frequencies
        e = self.time_embed(torch.cat([angles.cos(), angles.sin()], dim=1))
        if labels is not None and self.architecture.num_classes:
            e = e + self.label_emb(labels.clamp(min=0)) * (labels >= 0)[:, None]
        kind = self.out[2].weight.dtype
        x, e, stored = x.to(kind), e.to(kind), []
        for stage in self.input_blocks:
            x = stage(x, e)
            stored.append(x)
        x = self.middle_block(x, e)
        for stage in self.output_blocks:
            x = stage(torch.cat([x, stored.pop()], dim=1), e)
        return self.out(x)


# MARK: Denoiser


def schedule(kind, steps):
    """ln σ_j of j = 0 … T−1, σ_j = √((1−ᾱ_j)/ᾱ_j), in float64."""
    if kind == "linear":
        betas = torch.linspace(0.1 / steps, 20 / steps, steps, dtype=torch.float64)
    else:
        u = torch.arange(steps + 1, dtype=torch.float64) / steps
        alpha = ((u + 0.008) / 1.008 * math.pi / 2).cos() ** 2
        betas = (1 - alpha[1:] / alpha[:-1]).clamp(max=0.999)
    alpha = (1 - betas).cumprod(0)
    return ((1 - alpha) / alpha).sqrt().log()


class OpenAIDenoiser(nn.Module):
    """D(x; s, y); coefficients and t are computed in float32 from float64 schedules."""

    def __init__(self, architecture):
        super().__init__()
        self.architecture = architecture
        self.model = OpenAIUNet(architecture)
        if not architecture.is_teacher:
            levels = schedule(architecture.noise_schedule, architecture.diffusion_steps)
            self.register_buffer("levels", levels, persistent=False)

    def timesteps(self, s):
        """t of the noise levels s [N]: interpolated in ln s, clamped, rescaled."""
        a, target = self.architecture, s.to(torch.float64).log()
        above = torch.searchsorted(self.levels, target).clamp(1, len(self.levels) - 1)
        low, high = self.levels[above - 1], self.levels[above]
        t = (above - 1 + (target - low) / (high - low)).clamp(0, len(self.levels) - 1)
        return (t * (1000 / a.diffusion_steps if a.rescale_timesteps else 1)).to(torch.float32)

    def forward(self, x, s, labels=None):
        """x [N, C, H, W], s [N], labels int64 [N]; none, or negative: a label embedding of zeros."""
        s = s.to(torch.float32)
        wide = lambda c: c[:, None, None, None]  # noqa: E731
        predict = lambda x, t: self.model(x, t, labels)[:, : self.architecture.img_channels].to(torch.float32)  # noqa: E731
        if self.architecture.is_teacher:
            total = s**2 + 0.25
            f = predict(wide(1 / total.sqrt()) * x, 250 * s.log())
            return wide(0.25 / total) * x + wide(s * 0.5 / total.sqrt()) * f
        return x - wide(s) * predict(wide(1 / (s**2 + 1).sqrt()) * x, self.timesteps(s))


def random_denoiser(architecture, seed=0):
    """A randomly initialised network of a named or given architecture whose outputs stay of order one."""
    if isinstance(architecture, str):
        architecture = NAMED[architecture]
    denoiser, random = OpenAIDenoiser(architecture), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in sorted(denoiser.named_parameters()):
            values = torch.randn(tensor.shape, generator=random)
            if name.endswith("bias"):
                values *= 0.1
            elif tensor.dim() == 1:
                values = 1 + 0.1 * values
            else:
                values *= 1 / math.sqrt(tensor[0].numel())
            tensor.copy_(values)
    return frozen(denoiser)


def loaded(architecture, tensors):
    denoiser = OpenAIDenoiser(architecture)
    denoiser.model.load_state_dict({k: v.to(torch.float32) for k, v in tensors.items()}, strict=True)
    return frozen(denoiser)
