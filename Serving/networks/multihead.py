"""A multi-head denoiser in PyTorch: one pass gives D(x; s, y) for every class y and for none.

All classes in one pass is Chen et al., "Your Diffusion Model is Secretly a Certifiably Robust Classifier" (arXiv
2402.02316, appendix); preconditioning and blocks are EDM's (Karras et al., arXiv 2206.00364), with the names of the
DhariwalUNet. With K classes, head h = 0 … K−1 belongs to class h and head K to "none":

    D_h(x; s) = c_skip(s)·x + c_out(s)·F_h(c_in(s)·x; c_noise(s))
    c_skip = σ_d²/(s²+σ_d²)   c_out = s·σ_d/√(s²+σ_d²)   c_in = 1/√(s²+σ_d²)   c_noise = ln(s)/4

Shapes, for images C×R×R (`img_channels`, `img_resolution`), p = `patch`, widths w_0 … w_{L−1} (`channels`) and sides
r_ℓ = R/p/2^ℓ:

    e   = positional(c_noise), n = `noise_channels`: frequencies f_i = 10000^(−i/(n/2)), i < n/2; [cos(f·c), sin(f·c)]
    e   = silu(map_layer1(silu(map_layer0(e))))                                        n → E → E, E = `embedding`
    h   = pixel_unshuffle(c_in·x, p)                       channel c·p² + dy·p + dx of pixel (p·i + dy, p·j + dx)
    h   = enc.{r_0}x{r_0}_conv(h)                                                          3×3, p²C → w_0
    for ℓ = 0 … L−1:  h = enc.{r_ℓ}x{r_ℓ}_block{i}(h, e), i < encoder_blocks[ℓ];  skip_ℓ = h
                      block 0 of ℓ > 0 halves the side and widens from w_{ℓ−1} to w_ℓ
    for ℓ = L−2 … 0:  h = up(dec.{r_ℓ}x{r_ℓ}_lift(h)) + skip_ℓ                              1×1, w_{ℓ+1} → w_ℓ
                      h = dec.{r_ℓ}x{r_ℓ}_block{i}(h, e), i < decoder_blocks[ℓ]
    F   = pixel_shuffle(out_conv(silu(out_norm(h))), p)       1×1, w_0 → (K+1)·C·p²; head h has channels h·C·p² …

    block(x, e): u = conv0(down(silu(norm0(x))));  (scale, shift) = halves of affine(e)
                 u = conv1(silu(norm1(u)·(scale + 1) + shift));  out = u + skip(down(x))
    conv0, conv1 3×3 with padding 1; skip a 1×1 convolution where the width changes, else nothing; down is 2×2 mean
    pooling in a block that halves, else nothing; up is nearest-neighbour doubling. Group norms have
    min(32, ⌊channels/4⌋) groups and ε = 1e-5. Every convolution and linear layer has a bias.

The checkpoint's names are these paths under `model.`, as in `model.enc.8x8_block0.conv0.weight`.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class MultiHeadArchitecture:
    """Everything about a multi-head denoiser that is not a tensor."""

    img_resolution: int = 32
    img_channels: int = 3
    label_dim: int = 10
    patch: int = 2
    channels: tuple[int, ...] = (64, 128, 256)
    encoder_blocks: tuple[int, ...] = (2, 3, 3)
    decoder_blocks: tuple[int, ...] = (1, 1)
    noise_channels: int = 64
    embedding: int = 128
    sigma_data: float = 0.5

    def __post_init__(self) -> None:
        levels = len(self.channels)
        if len(self.encoder_blocks) != levels or len(self.decoder_blocks) != levels - 1:
            raise ValueError("encoder_blocks has one number a level, decoder_blocks one fewer")
        if self.img_resolution % (self.patch << (levels - 1)):
            raise ValueError(f"{self.img_resolution} is not divisible by {self.patch << (levels - 1)}")

    @property
    def heads(self) -> int:
        return self.label_dim + 1

    def side(self, level: int) -> int:
        return self.img_resolution // self.patch >> level

    def as_dict(self) -> dict:
        return asdict(self)

    @staticmethod
    def from_dict(fields: dict) -> MultiHeadArchitecture:
        return MultiHeadArchitecture(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})


class PositionalEmbedding(nn.Module):
    """[cos(f·c), sin(f·c)] of n channels, f_i = 10000^(−i/(n/2)); float32 whatever the body's type."""

    def __init__(self, channels: int):
        super().__init__()
        self.half = channels // 2

    def forward(self, noise: Tensor) -> Tensor:
        exponents = torch.arange(self.half, dtype=torch.float32, device=noise.device) / self.half
        angles = noise.float()[:, None] * (1 / 10000) ** exponents
        return torch.cat([angles.cos(), angles.sin()], dim=1)


def group_norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(min(32, channels // 4), channels, eps=1e-5)


def norm_silu(norm: nn.GroupNorm, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None) -> Tensor:
    """silu(norm(x)·(scale + 1) + shift), scale and shift [N, channels]; training puts a fused kernel in its place."""
    h = norm(x)
    if scale is not None:
        h = torch.addcmul(shift[:, :, None, None].to(h.dtype), h, (scale + 1)[:, :, None, None].to(h.dtype))
    return F.silu(h)


class Block(nn.Module):
    """A residual block with adaptive scale and shift; see the module's description."""

    def __init__(self, inputs: int, outputs: int, embedding: int, halves: bool):
        super().__init__()
        self.halves = halves
        self.norm0 = group_norm(inputs)
        self.conv0 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.affine = nn.Linear(embedding, 2 * outputs)
        self.norm1 = group_norm(outputs)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        h = norm_silu(self.norm0, x)
        if self.halves:
            h, x = F.avg_pool2d(h, 2), F.avg_pool2d(x, 2)
        h = self.conv0(h)
        scale, shift = self.affine(e).chunk(2, dim=1)
        h = self.conv1(norm_silu(self.norm1, h, scale, shift))
        return h + (x if self.skip is None else self.skip(x))


class MultiHeadUNet(nn.Module):
    """F of all heads: [N, C, R, R] and c_noise [N] to [N, K + 1, C, R, R]."""

    def __init__(self, a: MultiHeadArchitecture):
        super().__init__()
        self.architecture = a
        self.map_noise = PositionalEmbedding(a.noise_channels)
        self.map_layer0 = nn.Linear(a.noise_channels, a.embedding)
        self.map_layer1 = nn.Linear(a.embedding, a.embedding)
        self.enc, self.dec = nn.ModuleDict(), nn.ModuleDict()
        width = a.channels[0]
        self.enc[f"{a.side(0)}x{a.side(0)}_conv"] = nn.Conv2d(a.img_channels * a.patch**2, width, 3, padding=1)
        for level, (outputs, count) in enumerate(zip(a.channels, a.encoder_blocks, strict=True)):
            for i in range(count):
                name = f"{a.side(level)}x{a.side(level)}_block{i}"
                self.enc[name] = Block(width, outputs, a.embedding, halves=level > 0 and i == 0)
                width = outputs
        for level in reversed(range(len(a.channels) - 1)):
            name, outputs = f"{a.side(level)}x{a.side(level)}", a.channels[level]
            self.dec[f"{name}_lift"] = nn.Conv2d(width, outputs, 1)
            for i in range(a.decoder_blocks[level]):
                self.dec[f"{name}_block{i}"] = Block(outputs, outputs, a.embedding, halves=False)
            width = outputs
        self.out_norm = group_norm(width)
        self.out_conv = nn.Conv2d(width, a.heads * a.img_channels * a.patch**2, 1)

    def embed(self, noise: Tensor) -> Tensor:
        return F.silu(self.map_layer1(F.silu(self.map_layer0(self.map_noise(noise)))))

    def encode(self, x: Tensor, e: Tensor) -> list[Tensor]:
        """The features at the end of every level, finest first; x is scaled by c_in."""
        a, skips = self.architecture, []
        h = F.pixel_unshuffle(x, a.patch).contiguous(memory_format=torch.channels_last)
        h = self.enc[f"{a.side(0)}x{a.side(0)}_conv"](h)
        for level, count in enumerate(a.encoder_blocks):
            for i in range(count):
                h = self.enc[f"{a.side(level)}x{a.side(level)}_block{i}"](h, e)
            skips.append(h)
        return skips

    def decode(self, skips: list[Tensor], e: Tensor) -> Tensor:
        """The heads before the pixel shuffle, [N, (K + 1)·C·p², R/p, R/p]."""
        a, h = self.architecture, skips[-1]
        for level in reversed(range(len(a.channels) - 1)):
            name = f"{a.side(level)}x{a.side(level)}"
            h = F.interpolate(self.dec[f"{name}_lift"](h), scale_factor=2, mode="nearest") + skips[level]
            for i in range(a.decoder_blocks[level]):
                h = self.dec[f"{name}_block{i}"](h, e)
        return self.out_conv(norm_silu(self.out_norm, h))

    def folded(self, x: Tensor, noise: Tensor) -> Tensor:
        """F before the pixel shuffle, [N, K + 1, C·p², R/p, R/p]: the same values in another order."""
        kind = self.out_conv.weight.dtype
        e = self.embed(noise).to(kind)
        h = self.decode(self.encode(x.to(kind), e), e)
        return h.unflatten(1, (self.architecture.heads, -1))

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        return F.pixel_shuffle(self.folded(x, noise), self.architecture.patch)


class MultiHeadDenoiser(nn.Module):
    """D(x; s, ·) of all heads under EDM's preconditioning, and the class losses of the one-pass classifier."""

    def __init__(self, architecture: MultiHeadArchitecture):
        super().__init__()
        self.architecture = architecture
        self.model = MultiHeadUNet(architecture)

    def coefficients(self, s: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """c_skip, c_out, c_in, c_noise at the noise levels s [N], in float32."""
        d, s = self.architecture.sigma_data, s.float()
        total = s**2 + d**2
        return d**2 / total, s * d / total.sqrt(), 1 / total.sqrt(), s.log() / 4

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """x [N, C, R, R] and s [N] in model space to D [N, K + 1, C, R, R] in float32."""
        c_skip, c_out, c_in, c_noise = (c.view(-1, *[1] * 4) for c in self.coefficients(s))
        f = self.model(c_in[:, 0] * x, c_noise.flatten())
        return c_skip * x[:, None] + c_out * f.float()

    def class_losses(self, x: Tensor, s: Tensor) -> Tensor:
        """L_y = ‖D(x; s, y) − D(x; s, none)‖² [N, K]: `apndc-posterior` with the one level s = σ_τ (SPEC §3)."""
        _, c_out, c_in, c_noise = self.coefficients(s)
        folded = self.model.folded(c_in[:, None, None, None] * x, c_noise).float()
        return losses_of(folded, c_out)


class OneHead(MultiHeadDenoiser):
    """The head of a label for each row: what a denoiser with a label input answers."""

    def forward(self, x: Tensor, s: Tensor, labels: Tensor | None = None) -> Tensor:
        """x [N, C, R, R], s [N] and labels int64 [N] (negative, or no labels: none) to D [N, C, R, R] in float32."""
        c_skip, c_out, c_in, c_noise = (c.view(-1, 1, 1, 1) for c in self.coefficients(s))
        folded = self.model.folded(c_in * x, c_noise.flatten())
        if labels is None:
            f = folded[:, -1]
        else:
            head = torch.where(labels < 0, self.architecture.label_dim, labels).view(-1, 1, 1, 1, 1)
            f = folded.gather(1, head.expand(-1, 1, *folded.shape[2:])).squeeze(1)
        return c_skip * x + c_out * F.pixel_shuffle(f, self.architecture.patch).float()


def losses_of(folded: Tensor, c_out: Tensor) -> Tensor:
    """L_y [N, K] from F [N, K + 1, …] and c_out [N]: D_y − D_none = c_out·(F_y − F_none), whatever x."""
    difference = (folded[:, :-1] - folded[:, -1:]).flatten(2)
    return c_out[:, None] ** 2 * difference.square().sum(dim=2)


def initialise(network: nn.Module, generator: torch.Generator | None = None) -> None:
    """Weights ~ N(0, 1/fan-in), biases 0, the second convolution of every block 0, so that a block starts as its skip.

    The heads start random, not 0: at D_y = D_none for all y the gradient of L_y vanishes.
    """
    with torch.no_grad():
        for path, p in network.named_parameters():
            if path.endswith(".bias") or path.endswith("conv1.weight"):
                p.zero_()
            elif p.ndim == 1:
                p.fill_(1)  # a norm's
            else:
                small = 0.1 if path.endswith(("out_conv.weight", "affine.weight")) else 1
                p.normal_(0, small / math.sqrt(p[0].numel()), generator=generator)


def parameter_count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
