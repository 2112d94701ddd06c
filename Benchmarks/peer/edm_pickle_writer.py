"""Writes a `Denoiser` in the layout of EDM's .pkl checkpoints.

The real classes need not exist: each module becomes a record that pickles as the call
`torch_utils.persistence._reconstruct_persistent_obj(meta)`; tensors pickle by torch's own rules.
"""

import pickle
import sys
import types
from collections import OrderedDict
from dataclasses import dataclass

import numpy
import torch
import torch.nn as nn

import paths  # noqa: F401
from networks.edm_network import (
    Architecture,
    Convolution,
    Denoiser,
    FourierEmbedding,
    GroupNorm,
    Linear,
    PositionalEmbedding,
    ResidualBlock,
    UNet,
)


@dataclass(frozen=True)
class Layout:
    """How the same network may be spelt in a file."""

    dtype: torch.dtype = torch.float32
    protocol: int = 4
    # OrderedDict for _parameters, _buffers and _modules, as torch 1.x stores them.
    ordered: bool = False
    # Convolution weights with channels-last strides.
    channels_last: bool = False
    # Every tensor a view at an offset of a longer storage.
    offset: int = 0
    # Pass to the constructors only what differs from their defaults.
    terse: bool = False
    # Fill loss_fn, augment_pipe and dataset_kwargs as a training snapshot does.
    training_objects: bool = False


def _stand_in(module, name, value):
    """Registers `value` under a module that is not installed, so that pickle can refer to it by name."""
    for depth in range(1, module.count(".") + 2):
        path = ".".join(module.split(".")[:depth])
        sys.modules.setdefault(path, types.ModuleType(path))
    value.__module__, value.__name__, value.__qualname__ = module, name, name
    setattr(sys.modules[module], name, value)
    return value


def _no_reconstruction(meta):
    raise RuntimeError("this file only writes")


class _EasyDict(dict):
    pass


_reconstruct = _stand_in("torch_utils.persistence", "_reconstruct_persistent_obj", _no_reconstruction)
EasyDict = _stand_in("dnnlib.util", "EasyDict", _EasyDict)


class Record:
    """One persistent module of the file to be written."""

    def __init__(self, class_name, state):
        self.class_name, self.state = class_name, state

    def __reduce__(self):
        meta = dict(
            type="class", version=6, module_src="# module source omitted", class_name=self.class_name, state=self.state
        )
        return _reconstruct, (meta,)


class Writer:
    def __init__(self, denoiser, layout):
        self.layout = layout
        self.root = denoiser

    def content(self):
        extras = dict(loss_fn=None, augment_pipe=None, dataset_kwargs={"class_name": "training.dataset.ImageFolderDataset"})
        if self.layout.training_objects:
            plain = dict(_init_args=(), _init_kwargs=EasyDict(P_mean=-1.2, P_std=1.2, sigma_data=0.5))
            extras["loss_fn"] = Record("EDMLoss", dict(P_mean=-1.2, P_std=1.2, sigma_data=0.5, **plain))
            extras["augment_pipe"] = Record("AugmentPipe", dict(p=0.12, xflip=1e8, scale_std=numpy.float32(0.2)))
            extras["dataset_kwargs"] = EasyDict(extras["dataset_kwargs"], resolution=32, max_size=60000, xflip=False)
        return dict(ema=self.record(self.root), **extras)

    def write(self, path):
        with open(path, "wb") as file:
            pickle.dump(self.content(), file, protocol=self.layout.protocol)

    # Modules

    def record(self, module):
        class_name, attributes, kwargs = self.description(module)
        state = self.module_state(module)
        state.update(attributes)
        state.update(_init_args=(), _init_kwargs=kwargs)
        return Record(class_name, state)

    def module_state(self, module):
        collection = OrderedDict if self.layout.ordered else dict
        state = dict(nn.Module().__dict__, training=False)
        parameters = {k: nn.Parameter(self.stored(v), False) for k, v in module._parameters.items() if v is not None}
        buffers = {k: None if v is None else self.stored(v, buffer=True) for k, v in module._buffers.items()}
        embedding_first = sorted(module._modules.items(), key=lambda item: not item[0].startswith("map_"))
        children = {k: self.child(v) for k, v in embedding_first if v is not None}
        state.update(_parameters=collection(parameters), _buffers=collection(buffers), _modules=collection(children))
        return state

    def child(self, module):
        if not isinstance(module, nn.ModuleDict):
            return self.record(module)
        container = nn.ModuleDict()
        container.__dict__.update(self.module_state(module))
        return container

    def stored(self, tensor, buffer=False):
        """The tensor as it will lie in the file; frequencies and filters stay float32 whatever the weights are."""
        value = tensor.detach().to(torch.float32 if buffer else self.layout.dtype).clone()
        if self.layout.channels_last and value.dim() == 4:
            value = value.contiguous(memory_format=torch.channels_last)
        if self.layout.offset:
            longer = torch.full((value.numel() + 2 * self.layout.offset,), 7.0, dtype=value.dtype)
            view = longer.as_strided(value.shape, value.stride(), self.layout.offset)
            value = view.copy_(value)
        return value

    # What the constructors were given, and what they left as attributes

    def description(self, module):
        named = {
            Denoiser: self.denoiser,
            Linear: self.linear,
            Convolution: self.convolution,
            GroupNorm: self.norm,
            ResidualBlock: self.block,
            PositionalEmbedding: self.positional,
            FourierEmbedding: lambda m: ("FourierEmbedding", {}, dict(num_channels=m.channels)),
        }
        for kind, describe in named.items():
            if isinstance(module, kind):
                return describe(module)
        if isinstance(module, UNet):
            return self.unet(module)
        raise TypeError(f"no description of {type(module).__name__}")

    def options(self, a):
        """The constructor's options shared by preconditioner and network."""
        default = Architecture.defaults(a.precond, a.network)
        names = "label_dim augment_dim model_channels channel_mult channel_mult_emb num_blocks attn_resolutions dropout label_dropout"
        if a.network == "SongUNet":
            names += " embedding_type channel_mult_noise encoder_type decoder_type resample_filter"
        given = {}
        for name in names.split():
            value = getattr(a, name)
            if not (self.layout.terse and value == getattr(default, name)):
                given[name] = list(value) if isinstance(value, tuple) else value
        return given

    def denoiser(self, module):
        a = module.architecture
        common = dict(img_resolution=a.img_resolution, img_channels=a.img_channels)
        attributes = dict(common, label_dim=a.label_dim, use_fp16=False, **a.constants)
        attributes.update(sigma_min=0, sigma_max=float("inf"))
        kwargs = dict(common, **self.options(a))
        if not self.layout.terse or Architecture.defaults(a.precond).network != a.network:
            kwargs["model_type"] = a.network
        constants = {k: v for k, v in a.constants.items() if v != Architecture.defaults(a.precond).constants[k]}
        return a.precond, attributes, dict(kwargs, **constants)

    def unet(self, module):
        a = module.architecture
        attributes = dict(label_dropout=a.label_dropout)
        if not a.label_dim:
            attributes["map_label"] = None
        if not a.augment_dim:
            attributes["map_augment"] = None
        kwargs = dict(
            img_resolution=a.img_resolution,
            in_channels=a.img_channels,
            out_channels=a.out_channels,
            label_dim=a.label_dim,
            **{k: v for k, v in self.options(a).items() if k != "label_dim"},
        )
        return a.network, attributes, kwargs

    def linear(self, module):
        outputs, inputs = module.weight.shape
        sizes = dict(in_features=inputs, out_features=outputs)
        attributes, kwargs = dict(sizes), dict(sizes, init_mode="xavier_uniform")
        if module.bias is None:
            attributes["bias"] = None
            kwargs["bias"] = False
        return "Linear", attributes, kwargs

    def convolution(self, module):
        sizes = dict(in_channels=module.inputs, out_channels=module.outputs)
        fused = module.resample == "fused-down"
        down, up = fused or module.resample == "down", module.resample == "up"
        attributes = dict(sizes, up=up, down=down, fused_resample=fused)
        if not module.kernel:
            attributes.update(weight=None, bias=None)
        kwargs = dict(sizes, kernel=module.kernel, up=up, down=down, init_mode="xavier_uniform")
        return "Conv2d", attributes, kwargs

    def norm(self, module):
        kwargs = dict(num_channels=module.weight.numel(), eps=module.eps)
        return "GroupNorm", dict(num_groups=module.groups, eps=module.eps), kwargs

    def positional(self, module):
        kwargs = dict(num_channels=module.channels, endpoint=module.endpoint)
        return "PositionalEmbedding", dict(kwargs, max_positions=10000), kwargs

    def block(self, module):
        style, a = module.style, self.root.architecture
        scale = numpy.float64(style.skip_scale) if style.skip_scale != 1 else 1
        sizes = dict(in_channels=module.inputs, out_channels=module.outputs, emb_channels=style.embedding)
        attributes = dict(
            sizes, num_heads=module.heads, dropout=a.dropout, skip_scale=scale, adaptive_scale=style.adaptive_scale
        )
        if module.skip is None:
            attributes["skip"] = None
        kwargs = dict(sizes, dropout=a.dropout, attention=module.wants_attention)
        if module.resample:
            kwargs[module.resample] = True
        if a.network == "SongUNet":
            init = dict(init_mode="xavier_uniform", init_weight=numpy.sqrt(0.2))
            kwargs.update(num_heads=1, skip_scale=scale, eps=style.eps, resample_filter=list(style.taps))
            kwargs.update(resample_proj=style.resample_proj, adaptive_scale=False, init_attn=init)
        else:
            kwargs.update(channels_per_head=64)
        return "UNetBlock", attributes, kwargs


def write(denoiser, path, layout=Layout()):

    Writer(denoiser, layout).write(path)
