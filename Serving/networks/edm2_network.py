"""EDM2's denoising network in PyTorch, for inference (Karras et al., arXiv 2312.02696, configuration G).

As edm_network.py: an implementation of a written description, whose module paths are the tensors' names in a checkpoint.
Weights are normalised at every call, as the original does it, unless `fold` has done it once.
"""

import math
from dataclasses import dataclass, fields

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass(frozen=True)
class Architecture:
    """The constructors' options, with their defaults."""

    img_resolution: int
    img_channels: int
    label_dim: int = 0
    model_channels: int = 192
    channel_mult: tuple = (1, 2, 3, 4)
    channel_mult_noise: int | None = None
    channel_mult_emb: int | None = None
    num_blocks: int = 3
    attn_resolutions: tuple = (16, 8)
    label_balance: float = 0.5
    concat_balance: float = 0.5
    resample_filter: tuple = (1, 1)
    channels_per_head: int = 64
    res_balance: float = 0.3
    attn_balance: float = 0.3
    clip_act: float | None = 256
    sigma_data: float = 0.5

    @staticmethod
    def of(**options):
        return Architecture(**{k: tuple(v) if isinstance(v, list) else v for k, v in options.items()})

    @property
    def widths(self):
        return [self.model_channels * m for m in self.channel_mult]

    @property
    def noise_channels(self):
        return self.model_channels * self.channel_mult_noise if self.channel_mult_noise else self.widths[0]

    @property
    def embedding_channels(self):
        return self.model_channels * self.channel_mult_emb if self.channel_mult_emb else max(self.widths)


def normalize(x, axes):
    """x / (1e-4 + root mean square over `axes`)."""
    return x / (1e-4 + x.square().mean(dim=axes, keepdim=True).sqrt())


def mp_silu(x):
    return F.silu(x) / 0.596


def mix(a, b, t):
    return ((1 - t) * a + t * b) / math.sqrt((1 - t) ** 2 + t**2)


def mp_cat(a, b, t):
    total = math.sqrt((a.shape[1] + b.shape[1]) / ((1 - t) ** 2 + t**2))
    return torch.cat([a * (total / math.sqrt(a.shape[1]) * (1 - t)), b * (total / math.sqrt(b.shape[1]) * t)], dim=1)


def resample(x, taps, mode):
    if mode == "keep":
        return x
    if tuple(taps) == (1, 1):
        # The same, in less time.
        return F.avg_pool2d(x, 2) if mode == "down" else F.interpolate(x, scale_factor=2, mode="nearest")
    f = torch.tensor(taps, dtype=torch.float32, device=x.device)
    f = f.outer(f) / f.sum().square()
    f = f.to(x.dtype).expand(x.shape[1], 1, -1, -1)
    pad = (len(taps) - 1) // 2
    if mode == "down":
        return F.conv2d(x, f, stride=2, padding=pad, groups=x.shape[1])
    return F.conv_transpose2d(x, 4 * f, stride=2, padding=pad, groups=x.shape[1])


class MPFourier(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.channels = channels
        self.register_buffer("freqs", torch.empty(channels))
        self.register_buffer("phases", torch.empty(channels))

    def forward(self, x):
        return (x[:, None] * self.freqs + self.phases).cos() * math.sqrt(2)


class MPConv(nn.Module):
    """`kernel` 0 is a linear layer."""

    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.inputs, self.outputs, self.kernel, self.is_folded = inputs, outputs, kernel, False
        self.weight = nn.Parameter(torch.empty(outputs, inputs, *[kernel] * (2 if kernel else 0)))

    def normalized(self, gain):
        w = self.weight.to(torch.float32)
        return normalize(w, tuple(range(1, w.dim()))) * (gain / math.sqrt(w[0].numel()))

    def fold(self, gain):
        self.weight, self.is_folded = nn.Parameter(self.normalized(gain), requires_grad=False), True

    def forward(self, x, gain=1):
        w = self.weight if self.is_folded else self.normalized(gain).to(x.dtype)
        return F.conv2d(x, w, padding=self.kernel // 2) if self.kernel else x @ w.t()


class Block(nn.Module):
    def __init__(self, a, inputs, outputs, flavor, mode="keep", attention=False):
        super().__init__()
        self.a, self.inputs, self.outputs, self.flavor, self.mode = a, inputs, outputs, flavor, mode
        self.attention = attention
        self.heads = outputs // a.channels_per_head if attention else 0
        self.emb_gain = nn.Parameter(torch.empty([]))
        self.conv_res0 = MPConv(outputs if flavor == "enc" else inputs, outputs, 3)
        self.emb_linear = MPConv(a.embedding_channels, outputs, 0)
        self.conv_res1 = MPConv(outputs, outputs, 3)
        self.conv_skip = MPConv(inputs, outputs, 1) if inputs != outputs else None
        self.attn_qkv = MPConv(outputs, 3 * outputs, 1) if self.heads else None
        self.attn_proj = MPConv(outputs, outputs, 1) if self.heads else None

    def forward(self, x, e):
        a = self.a
        x = resample(x, a.resample_filter, self.mode)
        if self.flavor == "enc":
            x = normalize(x if self.conv_skip is None else self.conv_skip(x), 1)
        y = self.conv_res0(mp_silu(x))
        c = self.emb_linear(e, gain=self.emb_gain) + 1
        y = self.conv_res1(mp_silu(y * c[:, :, None, None].to(y.dtype)))
        if self.flavor == "dec" and self.conv_skip is not None:
            x = self.conv_skip(x)
        x = mix(x, y, a.res_balance)
        if self.heads:
            n, channels, height, width = x.shape
            y = self.attn_qkv(x).reshape(n, self.heads, channels // self.heads, 3, height * width)
            q, k, v = normalize(y, 2).unbind(3)
            y = F.scaled_dot_product_attention(*(t.transpose(2, 3) for t in (q, k, v))).transpose(2, 3)
            x = mix(x, self.attn_proj(y.reshape(x.shape)), a.attn_balance)
        return x if a.clip_act is None else x.clip(-a.clip_act, a.clip_act)


class UNet(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.a = a
        self.out_gain = nn.Parameter(torch.empty([]))
        self.emb_fourier = MPFourier(a.noise_channels)
        self.emb_noise = MPConv(a.noise_channels, a.embedding_channels, 0)
        self.emb_label = MPConv(a.label_dim, a.embedding_channels, 0) if a.label_dim else None
        self.enc, self.dec = nn.ModuleDict(), nn.ModuleDict()
        channels, stored = a.img_channels + 1, []
        for level, width in enumerate(a.widths):
            side = a.img_resolution >> level
            if level == 0:
                self.enc[f"{side}x{side}_conv"] = MPConv(channels, width, 3)
                channels = width
            else:
                self.enc[f"{side}x{side}_down"] = Block(a, channels, channels, "enc", "down")
            stored.append(channels)
            for i in range(a.num_blocks):
                block = Block(a, channels, width, "enc", attention=side in a.attn_resolutions)
                self.enc[f"{side}x{side}_block{i}"] = block
                channels = width
                stored.append(channels)
        lowest = len(a.widths) - 1
        for level, width in reversed(list(enumerate(a.widths))):
            side = a.img_resolution >> level
            if level == lowest:
                self.dec[f"{side}x{side}_in0"] = Block(a, channels, channels, "dec", attention=True)
                self.dec[f"{side}x{side}_in1"] = Block(a, channels, channels, "dec")
            else:
                self.dec[f"{side}x{side}_up"] = Block(a, channels, channels, "dec", "up")
            for i in range(a.num_blocks + 1):
                attends = side in a.attn_resolutions
                block = Block(a, channels + stored.pop(), width, "dec", attention=attends)
                self.dec[f"{side}x{side}_block{i}"] = block
                channels = width
        self.out_conv = MPConv(channels, a.img_channels, 3)

    def forward(self, x, noise, labels):
        a = self.a
        e = self.emb_noise(self.emb_fourier(noise))
        if self.emb_label is not None:
            e = mix(e, self.emb_label(labels * math.sqrt(labels.shape[1])), a.label_balance)
        e = mp_silu(e).to(x.dtype)
        x, stored = torch.cat([x, torch.ones_like(x[:, :1])], dim=1), []
        for name, layer in self.enc.items():
            x = layer(x) if name.endswith("_conv") else layer(x, e)
            stored.append(x)
        for name, layer in self.dec.items():
            x = layer(mp_cat(x, stored.pop(), a.concat_balance) if "_block" in name else x, e)
        return self.out_conv(x, gain=self.out_gain)


class Denoiser(nn.Module):
    """D(x; s, y) under EDM's preconditioner; `logvar` of the original is for training."""

    def __init__(self, architecture):
        super().__init__()
        self.architecture = architecture
        self.unet = UNet(architecture)
        self.logvar_fourier = MPFourier(128)
        self.logvar_linear = MPConv(128, 1, 0)

    def forward(self, x, s, labels=None):
        """x [N, C, H, W], s [N], labels int64 [N]; −1, or None for all, is the all-zero label vector."""
        count, d = self.architecture.label_dim, self.architecture.sigma_data
        if labels is None or not count:
            y = x.new_zeros(x.shape[0], count)
        else:
            y = (labels[:, None] == torch.arange(count, device=labels.device)).to(torch.float32)
        s = s.to(torch.float32)
        wide = s[:, None, None, None]
        total = wide**2 + d**2
        kind = self.unet.out_conv.weight.dtype
        f = self.unet((x / total.sqrt()).to(kind), s.log() / 4, y).to(torch.float32)
        return d**2 / total * x + wide * d / total.sqrt() * f


def load_pickle(path):
    """The `ema` network of a .pkl, its weights in float32; nothing in the file is executed."""
    from . import edm_pickle

    record = edm_pickle.load(path)
    known = {f.name for f in fields(Architecture)}
    options = {k: v for k, v in record.init_kwargs.items() if k in known}
    options["sigma_data"] = record.attribute("sigma_data", 0.5)
    denoiser = Denoiser(Architecture.of(**options))
    denoiser.load_state_dict({k: v.to(torch.float32) for k, v in record.tensors().items()}, strict=True)
    return denoiser.eval().requires_grad_(False)


NAMED = {
    f"edm2-img64-{size}": Architecture(64, 3, 1000, model_channels=channels)
    for size, channels in {"xs": 128, "s": 192, "m": 256, "l": 320, "xl": 384}.items()
}


def random_network(architecture, seed=0):
    """A randomly initialised network of a named or given architecture; gains are as in trained ones, not zero."""
    if isinstance(architecture, str):
        architecture = NAMED[architecture]
    denoiser, random = Denoiser(architecture), torch.Generator().manual_seed(seed)
    for path, tensor in sorted({**dict(denoiser.named_parameters()), **dict(denoiser.named_buffers())}.items()):
        values = torch.randn(tensor.shape, generator=random)
        if path.endswith(("freqs", "phases")):
            values *= 2 * math.pi
        elif path.endswith("_gain"):
            values = 0.7 + 0.1 * values
        with torch.no_grad():
            tensor.copy_(values)
    return denoiser.eval().requires_grad_(False)


def fold(denoiser):
    """Normalises the weights and multiplies them by their gains once, in place: what can be timed as inference."""
    for parent in list(denoiser.modules()):
        for name, part in parent.named_children():
            if isinstance(part, MPConv):
                gains = {"emb_linear": "emb_gain", "out_conv": "out_gain"}
                part.fold(getattr(parent, gains[name]) if name in gains else 1)


def parameter_count(denoiser):
    return sum(p.numel() for p in denoiser.parameters())
