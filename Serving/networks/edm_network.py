"""EDM's denoising networks in PyTorch, for inference: SongUNet, DhariwalUNet and the four preconditioners.

An independent implementation of a written description of the architectures. Module paths equal the tensor paths of
a checkpoint, so that `state_dict` loads as it is.

    D(x; s, y) = c_skip(s)·x + c_out(s)·F(c_in(s)·x; c_noise(s), y)
"""

import math
from dataclasses import dataclass, field, fields, replace

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass(frozen=True)
class Architecture:
    """Everything about a network that is not a tensor. `network` is "SongUNet" or "DhariwalUNet"."""

    precond: str
    network: str
    img_resolution: int
    img_channels: int
    label_dim: int = 0
    augment_dim: int = 0
    model_channels: int = 128
    channel_mult: tuple = (1, 2, 2, 2)
    channel_mult_emb: int = 4
    num_blocks: int = 4
    attn_resolutions: tuple = (16,)
    embedding_type: str = "positional"
    channel_mult_noise: int = 1
    encoder_type: str = "standard"
    decoder_type: str = "standard"
    resample_filter: tuple = (1, 1)
    dropout: float = 0.10
    label_dropout: float = 0
    constants: dict = field(default_factory=dict, hash=False)

    @property
    def out_channels(self):
        return self.img_channels * (2 if self.precond == "iDDPMPrecond" else 1)

    @staticmethod
    def defaults(precond, network=None):
        """The architecture whose options are those a constructor uses when nothing is passed."""
        network = network or ("SongUNet" if precond in ("VPPrecond", "VEPrecond") else "DhariwalUNet")
        plain = Architecture(precond, network, 32, 3, constants=dict(CONSTANTS[precond]))
        if network == "SongUNet":
            return plain
        return replace(plain, model_channels=192, channel_mult=(1, 2, 3, 4), num_blocks=3, attn_resolutions=(32, 16, 8))

    @staticmethod
    def of(precond, **options):
        """Defaults for `precond` (and `network`, when given), with `options` over them."""
        network = options.pop("network", None)
        tuples = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
        return replace(Architecture.defaults(precond, network), **tuples)


CONSTANTS = {
    "EDMPrecond": {"sigma_data": 0.5},
    "VPPrecond": {"beta_d": 19.9, "beta_min": 0.1, "M": 1000},
    "VEPrecond": {},
    "iDDPMPrecond": {"C_1": 0.001, "C_2": 0.008, "M": 1000},
}


# MARK: Layers


class Linear(nn.Module):
    def __init__(self, inputs, outputs, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


class Convolution(nn.Module):
    """kernel ∈ {0, 1, 3}; `resample` is None, "up", "down" or "fused-down" (convolve first, then decimate)."""

    def __init__(self, inputs, outputs, kernel, resample=None, taps=(1, 1)):
        super().__init__()
        self.inputs, self.outputs, self.kernel, self.resample = inputs, outputs, kernel, resample
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel)) if kernel else None
        self.bias = nn.Parameter(torch.empty(outputs)) if kernel else None
        table = torch.tensor(taps, dtype=torch.float32)
        table = table.outer(table)[None, None] / table.sum().square()
        self.register_buffer("resample_filter", table if resample else None)
        self.reach = (len(taps) - 1) // 2
        self.box = len(taps) == 2 and taps[0] == taps[1]

    def forward(self, x):
        if self.resample == "fused-down":
            y = F.conv2d(x, self.weight, padding=self.kernel // 2 + self.reach)
            return self._filtered(y, F.conv2d, 1, padding=0) + self.bias.to(y.dtype)[:, None, None]
        if self.resample == "down":
            x = F.avg_pool2d(x, 2) if self.box else self._filtered(x, F.conv2d, 1, padding=self.reach)
        elif self.resample == "up" and self.box:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        elif self.resample == "up":
            x = self._filtered(x, F.conv_transpose2d, 4, padding=self.reach)
        return F.conv2d(x, self.weight, self.bias, padding=self.kernel // 2) if self.kernel else x

    def _filtered(self, x, convolve, gain, padding):
        channels = x.shape[1]
        taps = (gain * self.resample_filter).to(x.dtype).expand(channels, -1, -1, -1)
        return convolve(x, taps, stride=2, padding=padding, groups=channels)


class GroupNorm(nn.Module):
    def __init__(self, channels, eps):
        super().__init__()
        self.groups, self.eps = min(32, channels // 4), eps
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x):
        return F.group_norm(x, self.groups, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)


@dataclass(frozen=True)
class BlockStyle:
    """What all residual blocks of one network have in common."""

    embedding: int
    eps: float
    skip_scale: float
    adaptive_scale: bool
    resample_proj: bool
    taps: tuple
    channels_per_head: int  # 0: one head

    def heads(self, channels):
        return channels // self.channels_per_head if self.channels_per_head else 1


class ResidualBlock(nn.Module):
    def __init__(self, style, inputs, outputs, resample=None, attention=False):
        super().__init__()
        self.style, self.inputs, self.outputs, self.resample = style, inputs, outputs, resample
        self.wants_attention = attention
        self.heads = style.heads(outputs) if attention else 0
        self.norm0 = GroupNorm(inputs, style.eps)
        self.conv0 = Convolution(inputs, outputs, 3, resample, style.taps)
        self.affine = Linear(style.embedding, outputs * (2 if style.adaptive_scale else 1))
        self.norm1 = GroupNorm(outputs, style.eps)
        self.conv1 = Convolution(outputs, outputs, 3)
        self.skip = None
        if inputs != outputs or resample:
            kernel = 1 if inputs != outputs or style.resample_proj else 0
            self.skip = Convolution(inputs, outputs, kernel, resample, style.taps)
        if self.heads:
            self.norm2 = GroupNorm(outputs, style.eps)
            self.qkv = Convolution(outputs, 3 * outputs, 1)
            self.proj = Convolution(outputs, outputs, 1)

    def forward(self, x, e):
        h = self.conv0(F.silu(self.norm0(x)))
        p = self.affine(e)[:, :, None, None].to(h.dtype)
        if self.style.adaptive_scale:
            scale, shift = p.chunk(2, dim=1)
            h = F.silu(torch.addcmul(shift, self.norm1(h), scale + 1))
        else:
            h = F.silu(self.norm1(h + p))
        h = (self.conv1(h) + (x if self.skip is None else self.skip(x))) * self.style.skip_scale
        if self.heads:
            h = (self._attend(self.norm2(h)) + h) * self.style.skip_scale
        return h

    def _attend(self, x):
        n, c, height, width = x.shape
        # The channel axis is [heads, C/heads, 3]; tokens come last in it and second to last for the product.
        qkv = self.qkv(x).reshape(n, self.heads, c // self.heads, 3, height * width)
        q, k, v = (t.transpose(2, 3) for t in qkv.unbind(3))
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(2, 3).reshape(n, c, height, width))


class PositionalEmbedding(nn.Module):
    def __init__(self, channels, endpoint):
        super().__init__()
        self.channels, self.endpoint = channels, endpoint

    def forward(self, x):
        half = self.channels // 2
        exponents = torch.arange(half, dtype=torch.float32, device=x.device) / (half - int(self.endpoint))
        angles = x[:, None] * (1 / 10000) ** exponents
        return torch.cat([angles.cos(), angles.sin()], dim=1)


class FourierEmbedding(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.channels = channels
        self.register_buffer("freqs", torch.empty(channels // 2))

    def forward(self, x):
        angles = x[:, None] * (2 * math.pi * self.freqs)
        return torch.cat([angles.cos(), angles.sin()], dim=1)


# MARK: Networks


class UNet(nn.Module):
    """What both networks share: an encoder that stores skips, a decoder that consumes them.

    Encoder and decoder are lists of steps (operation, name), fixed at construction; `run_…` interprets them.
    """

    def __init__(self, architecture, style):
        super().__init__()
        self.architecture, self.style = architecture, style
        self.enc, self.dec = nn.ModuleDict(), nn.ModuleDict()
        self.encoder_steps, self.decoder_steps = [], []

    def _encode(self, operation, name, module):
        self.enc[name] = module
        self.encoder_steps.append((operation, name))

    def _decode(self, operation, name, module):
        self.dec[name] = module
        self.decoder_steps.append((operation, name))

    def _levels(self):
        a = self.architecture
        for level, mult in enumerate(a.channel_mult):
            side = a.img_resolution >> level
            yield level, f"{side}x{side}", a.model_channels * mult, side in a.attn_resolutions

    def _build(self, first_channels, attends):
        """`attends(i)`: may decoder block i of a level in `attn_resolutions` attend? Returns the last channel count."""
        a, style = self.architecture, self.style
        encoder = a.encoder_type if a.network == "SongUNet" else "standard"
        channels, aux, stored = first_channels, a.img_channels, [first_channels]
        for level, name, width, attention in self._levels():
            if level == 0:
                self._encode("store", f"{name}_conv", Convolution(a.img_channels, channels, 3))
            else:
                self._encode("block", f"{name}_down", ResidualBlock(style, channels, channels, "down"))
                stored.append(channels)
                if encoder == "skip":
                    self._encode("aux", f"{name}_aux_down", Convolution(aux, aux, 0, "down", style.taps))
                    self._encode("add aux", f"{name}_aux_skip", Convolution(aux, channels, 1))
                elif encoder == "residual":
                    residual = Convolution(aux, channels, 3, "fused-down", style.taps)
                    self._encode("merge aux", f"{name}_aux_residual", residual)
                    aux = channels
            for i in range(a.num_blocks):
                block = ResidualBlock(style, channels, width, attention=attention)
                self._encode("block", f"{name}_block{i}", block)
                channels = width
                stored.append(channels)

        decoder = a.decoder_type if a.network == "SongUNet" else None
        lowest = len(a.channel_mult) - 1
        for level, name, width, attention in reversed(list(self._levels())):
            if level == lowest:
                self._decode("block", f"{name}_in0", ResidualBlock(style, channels, channels, attention=True))
                self._decode("block", f"{name}_in1", ResidualBlock(style, channels, channels))
            else:
                self._decode("block", f"{name}_up", ResidualBlock(style, channels, channels, "up"))
            for i in range(a.num_blocks + 1):
                joined = channels + stored.pop()
                block = ResidualBlock(style, joined, width, attention=attention and attends(i))
                self._decode("join", f"{name}_block{i}", block)
                channels = width
            if decoder == "skip" or (decoder and level == 0):
                if decoder == "skip" and level != lowest:
                    up = Convolution(a.out_channels, a.out_channels, 0, "up", style.taps)
                    self._decode("output", f"{name}_aux_up", up)
                self._decode("tone", f"{name}_aux_norm", GroupNorm(channels, style.eps))
                self._decode("add output", f"{name}_aux_conv", Convolution(channels, a.out_channels, 3))
        return channels

    def run_encoder(self, x, e):
        stored, aux = [], x
        for operation, name in self.encoder_steps:
            layer = self.enc[name]
            if operation == "store":
                x = layer(x)
                stored.append(x)
            elif operation == "block":
                x = layer(x, e)
                stored.append(x)
            elif operation == "aux":
                aux = layer(aux)
            elif operation == "add aux":
                x = stored[-1] = x + layer(aux)
            elif operation == "merge aux":
                x = aux = stored[-1] = (x + layer(aux)) / math.sqrt(2)
        return x, stored

    def run_decoder(self, x, e, stored):
        """The last features, and the output for networks whose decoder makes it."""
        output = tone = None
        for operation, name in self.decoder_steps:
            layer = self.dec[name]
            if operation == "block":
                x = layer(x, e)
            elif operation == "join":
                x = layer(torch.cat([x, stored.pop()], dim=1), e)
            elif operation == "output":
                output = layer(output)
            elif operation == "tone":
                tone = F.silu(layer(x))
            elif operation == "add output":
                output = layer(tone) if output is None else output + layer(tone)
        return x, output

    @property
    def body_type(self):
        return next(iter(self.enc.values())).weight.dtype


class SongUNet(UNet):
    def __init__(self, a):
        embedding = a.model_channels * a.channel_mult_emb
        style = BlockStyle(embedding, 1e-6, math.sqrt(0.5), False, True, tuple(a.resample_filter), 0)
        super().__init__(a, style)
        noise = a.model_channels * a.channel_mult_noise
        fourier = a.embedding_type == "fourier"
        self.map_noise = FourierEmbedding(noise) if fourier else PositionalEmbedding(noise, endpoint=True)
        self.map_label = Linear(a.label_dim, noise) if a.label_dim else None
        self.map_augment = Linear(a.augment_dim, noise, bias=False) if a.augment_dim else None
        self.map_layer0 = Linear(noise, embedding)
        self.map_layer1 = Linear(embedding, embedding)
        self._build(a.model_channels, attends=lambda i: i == a.num_blocks)

    def forward(self, x, noise, labels):
        first, second = self.map_noise(noise).chunk(2, dim=1)
        e = torch.cat([second, first], dim=1)
        if self.map_label is not None:
            e = e + self.map_label(labels * math.sqrt(self.architecture.label_dim))
        e = F.silu(self.map_layer1(F.silu(self.map_layer0(e)))).to(self.body_type)
        x, stored = self.run_encoder(x.to(self.body_type), e)
        return self.run_decoder(x, e, stored)[1]


class DhariwalUNet(UNet):
    def __init__(self, a):
        embedding = a.model_channels * a.channel_mult_emb
        style = BlockStyle(embedding, 1e-5, 1.0, True, False, (1, 1), 64)
        super().__init__(a, style)
        self.map_noise = PositionalEmbedding(a.model_channels, endpoint=False)
        self.map_augment = Linear(a.augment_dim, a.model_channels, bias=False) if a.augment_dim else None
        self.map_layer0 = Linear(a.model_channels, embedding)
        self.map_layer1 = Linear(embedding, embedding)
        self.map_label = Linear(a.label_dim, embedding, bias=False) if a.label_dim else None
        channels = self._build(a.model_channels * a.channel_mult[0], attends=lambda i: True)
        self.out_norm = GroupNorm(channels, style.eps)
        self.out_conv = Convolution(channels, a.out_channels, 3)

    def forward(self, x, noise, labels):
        e = self.map_layer1(F.silu(self.map_layer0(self.map_noise(noise))))
        if self.map_label is not None:
            e = e + self.map_label(labels)
        e = F.silu(e).to(self.body_type)
        x, stored = self.run_encoder(x.to(self.body_type), e)
        x, _ = self.run_decoder(x, e, stored)
        return self.out_conv(F.silu(self.out_norm(x)))


# MARK: Preconditioners


class Denoiser(nn.Module):
    """D(x; s, y) of any of the four preconditioners; noise levels and coefficients are float32."""

    def __init__(self, architecture):
        super().__init__()
        self.architecture = architecture
        self.model = (SongUNet if architecture.network == "SongUNet" else DhariwalUNet)(architecture)
        if architecture.precond == "iDDPMPrecond":
            self.register_buffer("u", iddpm_levels(**architecture.constants))

    def coefficients(self, s):
        """c_skip, c_out, c_in, c_noise at the noise levels s [N]."""
        k, one = self.architecture.constants, torch.ones_like(s)
        kind = self.architecture.precond
        if kind == "EDMPrecond":
            d = k["sigma_data"]
            total = s**2 + d**2
            return d**2 / total, s * d / total.sqrt(), 1 / total.sqrt(), s.log() / 4
        if kind == "VEPrecond":
            return one, s, one, (0.5 * s).log()
        c_in = 1 / (s**2 + 1).sqrt()
        if kind == "VPPrecond":
            t = ((k["beta_min"] ** 2 + 2 * k["beta_d"] * (1 + s**2).log()).sqrt() - k["beta_min"]) / k["beta_d"]
            return one, -s, c_in, (k["M"] - 1) * t
        nearest = (s[:, None] - self.u).abs().argmin(dim=1)
        return one, -s, c_in, (k["M"] - 1 - nearest).to(torch.float32)

    def forward(self, x, s, labels=None):
        """x [N, C, H, W], s [N], labels int64 [N]; −1, or None for all, is the all-zero label vector."""
        count = self.architecture.label_dim
        if labels is None or not count:
            y = x.new_zeros(x.shape[0], count)
        else:
            y = (labels[:, None] == torch.arange(count, device=labels.device)).to(torch.float32)
        c_skip, c_out, c_in, c_noise = self.coefficients(s.to(torch.float32))
        wide = lambda c: c[:, None, None, None]  # noqa: E731
        f = self.model(wide(c_in) * x, c_noise, y)[:, : self.architecture.img_channels].to(torch.float32)
        return wide(c_skip) * x + wide(c_out) * f


def iddpm_levels(C_1, C_2, M):
    """u_0 … u_M: u_M = 0, u_{j−1} = √((u_j²+1)/max(ᾱ_{j−1}/ᾱ_j, C₁) − 1)."""
    alpha = lambda j: math.sin(0.5 * math.pi * j / M / (C_2 + 1)) ** 2  # noqa: E731
    u = [0.0] * (M + 1)
    for j in range(M, 0, -1):
        u[j - 1] = math.sqrt((u[j] ** 2 + 1) / max(alpha(j - 1) / alpha(j), C_1) - 1)
    return torch.tensor(u, dtype=torch.float32)


# MARK: Making and loading


def architecture_of(record):
    """The architecture of a checkpoint read by edm_pickle."""
    kwargs, network = record.init_kwargs, record.children()["model"]
    known = {f.name for f in fields(Architecture)} - {"constants", "precond", "network"}
    options = {k: v for k, v in {**network.init_kwargs, **kwargs}.items() if k in known}
    constants = {k: record.attribute(k, v) for k, v in CONSTANTS[record.class_name].items()}
    return Architecture.of(record.class_name, network=network.class_name, constants=constants, **options)


def load_pickle(path):
    from . import edm_pickle

    record = edm_pickle.load(path)
    return loaded(architecture_of(record), record.tensors())


def loaded(architecture, tensors):
    denoiser = Denoiser(architecture)
    denoiser.load_state_dict({k: v.to(torch.float32) for k, v in tensors.items()}, strict=True)
    return frozen(denoiser)


def frozen(denoiser):
    return denoiser.eval().requires_grad_(False)


NAMED = {
    "edm-cifar10": Architecture.of(
        "EDMPrecond", network="SongUNet", label_dim=10, augment_dim=9, channel_mult=(2, 2, 2), dropout=0.13
    ),
    "edm-imagenet64": Architecture.of("EDMPrecond", img_resolution=64, label_dim=1000),
    # For trying the scripts out.
    "small": Architecture.of(
        "EDMPrecond", network="SongUNet", label_dim=10, model_channels=32, channel_mult=(1, 2), num_blocks=1
    ),
}


def random_network(architecture, seed=0):
    """A randomly initialised network of a named or given architecture whose outputs stay of order one."""
    if isinstance(architecture, str):
        architecture = NAMED[architecture]
    denoiser, random = Denoiser(architecture), torch.Generator().manual_seed(seed)
    for path, tensor in sorted({**dict(denoiser.named_parameters()), **dict(denoiser.named_buffers())}.items()):
        if path == "u" or path.endswith("resample_filter"):
            continue
        values = torch.randn(tensor.shape, generator=random)
        if path.endswith("freqs"):
            values *= 16
        elif path.endswith("bias"):
            values *= 0.1
        elif ".norm" in path or "_norm" in path:
            values = 1 + 0.1 * values
        else:
            values *= 1 / math.sqrt(tensor[0].numel())
        with torch.no_grad():
            tensor.copy_(values)
    return frozen(denoiser)


def parameter_count(denoiser):
    return sum(p.numel() for p in denoiser.parameters())
