#!/usr/bin/env python3
"""Writes small EDM pickles, good and bad, with Python's pickle module and stand-ins for PyTorch's classes:
python3 make_checkpoints.py (NumPy needed, PyTorch not). expectations.json says what a reader must make of them.
"""
import collections
import io
import json
import pathlib
import pickle
import struct
import sys
import types

import numpy as np

folder = pathlib.Path(__file__).parent


def make(name, base=object, **members):
    """A class or function that pickles as a reference to `name`."""
    module_name, _, short = name.rpartition(".")
    parts = module_name.split(".")
    for length in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:length]), types.ModuleType(".".join(parts[:length])))
    made = type(short, (base,), dict(members, __module__=module_name, __qualname__=short))
    setattr(sys.modules[module_name], short, made)
    return made


load_from_bytes = make("torch.storage._load_from_bytes")
rebuild_tensor = make("torch._utils._rebuild_tensor_v2")
rebuild_tensor_3 = make("torch._utils._rebuild_tensor_v3")
rebuild_parameter = make("torch._utils._rebuild_parameter")
reconstruct = make("torch_utils.persistence._reconstruct_persistent_obj")
ModuleDict = make("torch.nn.modules.container.ModuleDict")
Sequential = make("torch.nn.modules.container.Sequential")
float16 = make("torch.float16")
system = make("os_stand_in.system")
STORAGES = {n: make(f"torch.{n}Storage") for n in ("Half", "BFloat16", "Float", "Double", "Long", "Untyped")}


class Storage:
    """Pickles as PyTorch's storages do: a legacy archive in bytes."""

    def __init__(self, data, kind="Float", **lies):
        self.data, self.kind, self.lies = data, kind, lies

    def __reduce__(self):
        return load_from_bytes, (self.archive(),)

    def archive(self):
        lies, file = self.lies, io.BytesIO()
        raw = self.data.tobytes()
        count = len(raw) if self.kind == "Untyped" else self.data.size
        pickle.dump(lies.get("magic", 0x1950A86A20F9469CFC6C), file, protocol=2)
        pickle.dump(lies.get("protocol", 1001), file, protocol=2)
        pickle.dump({"protocol_version": 1001, "little_endian": lies.get("little", True)}, file, protocol=2)
        identifier = ("storage", STORAGES[self.kind], "12345", "cpu", lies.get("count", count), lies.get("view"))
        if lies.get("old"):
            identifier = identifier[:5]

        class Pickler(pickle.Pickler):
            def persistent_id(self, value):
                return identifier if value == "the storage" else None

        Pickler(file, protocol=2).dump("the storage")
        pickle.dump(lies.get("keys", ["12345"]), file, protocol=2)
        file.write(struct.pack("<q", lies.get("written", count)) + raw)
        return b"PK\x03\x04" + raw if lies.get("zip") else file.getvalue()


class Call:
    def __init__(self, function, *arguments):
        self.pair = (function, arguments)

    def __reduce__(self):
        return self.pair


def tensor(storage, shape, offset=0, strides=None, parameter=True):
    if isinstance(storage, np.ndarray):
        storage = Storage(storage)
    if strides is None:
        strides = tuple(int(np.prod(shape[axis + 1:])) for axis in range(len(shape)))
    call = Call(rebuild_tensor, storage, offset, tuple(shape), strides, False, collections.OrderedDict())
    return Call(rebuild_parameter, call, True, collections.OrderedDict()) if parameter else call


def persistent(class_name, parameters=None, buffers=None, modules=None, arguments=(), keywords=None, **attributes):
    state = dict(
        training=False, _parameters=collections.OrderedDict(parameters or {}), _buffers=buffers or {},
        _non_persistent_buffers_set=set(), _forward_hooks=collections.OrderedDict(), _modules=modules or {}, **attributes,
        _init_args=tuple(arguments), _init_kwargs=keywords or {},
    )
    return Call(reconstruct, dict(type="class", version=6, module_src="import os", class_name=class_name, state=state))


def container(modules, cls=ModuleDict):
    made = cls.__new__(cls)
    made.__dict__.update(training=False, _parameters={}, _buffers={}, _modules=modules)
    return made


values = np.arange(36, dtype=np.float32) / 8 - 1


def network(
    weight=None, bias=None, cls="EDMPrecond", net="SongUNet", arguments=(), outer=None, inner=None, conv=None, extra=None,
    container_class=ModuleDict, constants=None, net_attributes=None,
):
    conv = conv or {}
    weight = tensor(values, (4, 1, 3, 3)) if weight is None else weight
    bias = tensor(np.float32([1, 2, 3, 4]), (4,)) if bias is None else bias
    enc = container({"8x8_conv": persistent(
        "Conv2d", {"weight": weight, "bias": bias}, {"resample_filter": None}, up=False, **conv)}, container_class)
    modules = {"enc": enc, **(extra or {})}
    given = dict(model_channels=4, channel_mult=[1, 2], num_blocks=np.int64(1), attn_resolutions=[4])
    if inner is None:
        inner = dict(img_resolution=8, in_channels=1, out_channels=1, label_dim=3, **given)
    net = persistent(net, modules=modules, arguments=arguments, keywords=inner, label_dropout=0.1, map_augment=None,
                     **(net_attributes or {}))
    outer_keywords = dict(img_resolution=8, img_channels=1, label_dim=3, model_type="SongUNet", **given)
    outer_keywords.update(outer or {})
    if constants is None:
        constants = dict(sigma_min=0, sigma_max=float("inf"), sigma_data=np.float64(0.25))
    return persistent(
        cls, modules={"model": net}, keywords=outer_keywords, img_resolution=8, img_channels=1, label_dim=3,
        use_fp16=False, **constants)


expectations = {}


def write(name, ema, problem=None, protocol=4):
    """`problem` is what the error must say, None where the file must load."""
    top = {"ema": ema, "loss_fn": Call(system, "echo never"), "augment_pipe": None, "dataset_kwargs": {"class_name": "a.B"}}
    (folder / f"{name}.pkl").write_bytes(pickle.dumps(top, protocol=protocol))
    if problem:
        expectations[f"{name}.pkl"] = problem


for protocol in range(2, 6):
    write(f"tiny-{protocol}", network(), protocol=protocol)

# Element types: 0.5, −1.5, 65504 and the smallest subnormal half; bfloat16 by its upper halves.
half = np.float16([0.5, -1.5, 65504, 2**-24])
bfloat = (np.float32([0.5, -1.5, 3e38, 2**-130]).view(np.uint32) >> 16).astype(np.uint16)
write("tiny-half", network(bias=tensor(Storage(half, "Half"), (4,))))
write("tiny-bfloat16", network(bias=tensor(Storage(bfloat, "BFloat16"), (4,))))
write("tiny-double", network(bias=tensor(Storage(np.float64([0.1, -1.5, 2**-140, 1e-300]), "Double"), (4,))))
untyped = Call(rebuild_tensor_3, Storage(half, "Untyped"), 0, (4,), (1,), False, collections.OrderedDict(), float16)
write("tiny-untyped", network(bias=untyped))
write("tiny-old", network(bias=tensor(Storage(np.float32([1, 2, 3, 4]), old=True), (4,))))
write("tiny-storage-view", network(bias=tensor(Storage(np.float32([9, 1, 2, 3, 4, 9]), view=("v", 1, 4)), (4,))))
shared = Storage(np.arange(48, dtype=np.float32))
write("tiny-shared", network(tensor(shared, (4, 1, 3, 3), 2, (1, 0, 12, 4)), tensor(shared, (4,), 44)))

# Architectures given in other ways.
write("tiny-positional", network(arguments=(8, 1, 1, 3, 0, 4, (1, 2)), inner=dict(num_blocks=1, attn_resolutions=[4])))
write("tiny-outer-only", network(inner={}))
vp = dict(beta_d=19.5, beta_min=np.float64(0.125), M=500, epsilon_t=1e-5, sigma_min=0.1, sigma_max=9.0)
write("tiny-vp", network(cls="VPPrecond", constants=vp))

# What must be refused, and why.
f32 = lambda *v: np.float32(v)
bad = lambda bias: network(bias=bias)
write("bad-nan", bad(tensor(f32(1, np.nan, 3, 4), (4,))), "not finite")
write("bad-infinity", bad(tensor(f32(1, 2, 3, np.inf), (4,))), "not finite")
write("bad-double-overflow", bad(tensor(Storage(np.float64([1, 1e300, 3, 4]), "Double"), (4,))), "not finite")
write("bad-long", bad(tensor(Storage(np.int64([1, 2, 3, 4]), "Long"), (4,))), "other than floating-point")
write("bad-strides", bad(tensor(f32(1, 2, 3, 4), (4,), 0, (2,))), "beyond its storage")
write("bad-offset", bad(tensor(f32(1, 2, 3, 4), (4,), 1)), "beyond its storage")
write("bad-negative-offset", bad(tensor(f32(1, 2, 3, 4), (4,), -1)), "impossible offset")
write("bad-negative-stride", bad(tensor(f32(1, 2, 3, 4), (4,), 3, (-1,))), "impossible shape")
write("bad-negative-size", bad(tensor(f32(1, 2, 3, 4), (-4,), 0, (1,))), "impossible shape")
write("bad-huge-shape", bad(tensor(f32(1, 2, 3, 4), (2**40, 2**40), 0, (1, 1))), "impossible shape")
write("bad-expanded", bad(tensor(f32(1, 2, 3, 4), (2**40,), 0, (0,))), "beyond its storage")
write("bad-ranks", bad(tensor(f32(1, 2, 3, 4), (4,), 0, (1, 1))), "impossible shape")
write("bad-magic", bad(tensor(Storage(f32(1, 2, 3, 4), magic=2**70), (4,))), "no legacy torch archive")
write("bad-protocol", bad(tensor(Storage(f32(1, 2, 3, 4), protocol=1002), (4,))), "unknown version")
write("bad-endian", bad(tensor(Storage(f32(1, 2, 3, 4), little=False), (4,))), "little-endian")
write("bad-count", bad(tensor(Storage(f32(1, 2, 3, 4), count=5), (4,))), "differs from its header")
write("bad-count-both", bad(tensor(Storage(f32(1, 2, 3, 4), count=2**60, written=2**60), (4,))), "do not fill")
write("bad-negative-count", bad(tensor(Storage(f32(1, 2, 3, 4), count=-4, written=-4), (4,))), "holds no storage")
write("bad-keys", bad(tensor(Storage(f32(1, 2, 3, 4), keys=["12345", "6"]), (4,))), "exactly the storage")
write("bad-view", bad(tensor(Storage(f32(1, 2, 3, 4), view=("v", 2, 3)), (4,))), "view lies outside")
write("bad-zip", bad(tensor(Storage(f32(1, 2, 3, 4), zip=True), (4,))), "zip archive")
write("bad-tensor-call", bad(Call(system, "echo")), "unknown way")
write("bad-no-tensor", bad(Call(rebuild_parameter, 5, True, {})), "holds no tensor")
loop = persistent("Conv2d", {"weight": tensor(values, (36,))})
loop.pair[1][0]["state"]["_modules"] = {"again": loop}
write("bad-cycle", network(extra={"loop": loop}), "contains itself")
twice = persistent("Linear", {"weight": tensor(values, (36,))})
write("bad-twice", network(extra={"a": twice, "b": twice}), "used twice")
nested = persistent("Linear")
for _ in range(60):
    nested = persistent("Linear", modules={"x": nested})
write("bad-deep", network(extra={"deep": nested}), "too deeply")
write("bad-class", network(extra={"odd": persistent("Dropout")}), "unknown class")
write("bad-container", network(container_class=Sequential), "unknown class")
write("bad-attribute", network(conv={"hidden": tensor(values, (36,))}), "holds tensors")
write("bad-attribute-list", network(conv={"hidden": [{"x": loop}]}), "holds tensors")
write("bad-name", network(extra={"a.b": persistent("Linear")}), "no plain word")
write("bad-preconditioner", network(cls="OtherPrecond"), "unknown preconditioner")
write("bad-network", network(net="OtherUNet"), "unknown network")
write("bad-model-type", network(outer={"model_type": "DhariwalUNet"}), "not of the class")
write("bad-option", network(outer={"use_magic": 1}), "not understood")
given = dict(img_resolution=8, in_channels=1, out_channels=1, label_dim=3)
wrong = lambda **more: network(inner={**given, "channel_mult": [1, 2], "model_channels": 4, **more})
write("bad-inner-option", wrong(use_magic=1), "not understood")
write("bad-levels", wrong(channel_mult=[1, 1, 1, 1, 1]), "does not divide")
write("bad-channels", wrong(model_channels=10**6), "out of range")
write("bad-huge-channels", wrong(model_channels=2**62), "out of range")
write("bad-blocks", wrong(num_blocks=-1), "out of range")
write("bad-blocks-text", wrong(num_blocks="four"), "wrong kind of value")
write("bad-encoder", wrong(encoder_type="sideways"), "wrong kind of value")
write("bad-filter", wrong(resample_filter=[1, float("nan")]), "out of range")
write("bad-filter-odd", wrong(resample_filter=[1, 2, 1]), "does not divide")
write("bad-labels", wrong(label_dim=4), "does not fit the preconditioner")
write("bad-outputs", wrong(out_channels=2), "does not fit the preconditioner")
write("bad-sigma", network(constants=dict(sigma_data=0)), "out of range")
write("bad-scale", network(extra={"b": persistent("UNetBlock", skip_scale=1.0)}), "skip_scale")
write("bad-heads", network(extra={"b": persistent("UNetBlock", num_heads=4, out_channels=8)}), "num_heads")
write("bad-adaptive", network(extra={"b": persistent("UNetBlock", adaptive_scale=True)}), "adaptive_scale")
write("bad-epsilon", network(extra={"n": persistent("GroupNorm", eps=1e-5)}), "eps of this")

# EDM2: a root that is an EasyDict, a preconditioner with "unet", blocks that say what they are.
EasyDict = make("dnnlib.util.EasyDict", dict)
rgb = persistent("StandardRGBEncoder")


def edm2(outer=None, inner=None, block=None, arguments=(), net="UNet", channels=4, gain=0.5, attributes=None):
    given = dict(model_channels=4, channel_mult=[1, 2], num_blocks=1, attn_resolutions=[4], channels_per_head=4)
    said = dict(flavor="enc", resample_mode="keep", resample_filter=[1, 1], num_heads=0, out_channels=4, res_balance=0.3,
                attn_balance=0.3, clip_act=256)
    gains = {"emb_gain": tensor(np.float32(gain).reshape(1), ())}
    enc = container({
        "8x8_conv": persistent("MPConv", {"weight": tensor(np.arange(36 * channels, dtype=np.float32) / 8, (4, channels, 3, 3))}),
        "8x8_block0": persistent("Block", gains, **{**said, **(block or {})})})
    alike = {k: v for k, v in (block or {}).items() if k in ("clip_act", "res_balance", "resample_filter")}
    dec = container({"8x8_up": persistent("Block", gains, **{**said, **alike, "flavor": "dec", "resample_mode": "up"})})
    unet = persistent(net, modules={"enc": enc, "dec": dec}, keywords=dict(img_resolution=8, img_channels=3, label_dim=3, **given),
                      label_balance=0.5, concat_balance=0.5, **(inner or {}))
    words = dict(img_resolution=8, img_channels=3, label_dim=3, use_fp16=True, **given) if not arguments else given
    return persistent(
        "Precond", modules={"unet": unet}, arguments=arguments, keywords={**words, **(outer or {})}, use_fp16=True,
        **(attributes or dict(img_resolution=8, img_channels=3, label_dim=3, sigma_data=0.5)))


def write_edm2(name, ema, problem=None, protocol=4, encoder=rgb):
    top = EasyDict(dataset_kwargs=EasyDict({"class_name": "a.B"}), loss_fn=Call(system, "echo never"), ema=ema)
    if encoder is not None:
        top["encoder"] = encoder
    (folder / f"{name}.pkl").write_bytes(pickle.dumps(top, protocol=protocol))
    if problem:
        expectations[f"{name}.pkl"] = problem


write_edm2("edm2-2", edm2(), protocol=2)
write_edm2("edm2-4", edm2())
write_edm2("edm2-positional", edm2(arguments=(8, 3, 3, True, 0.5, 128)))
write_edm2("edm2-no-encoder", edm2(), encoder=None)
write_edm2("edm2-options", edm2(
    outer=dict(channel_mult_noise=None, channel_mult_emb=3, clip_act=None, res_balance=np.float64(0.25), resample_filter=[1, 3, 3, 1]),
    block=dict(clip_act=None, res_balance=0.25, resample_filter=[1, 3, 3, 1]), attributes=dict(sigma_data=0.75)))
write_edm2("bad-edm2-latent", edm2(), "latent model of EDM2", encoder=persistent("StabilityVAEEncoder", vae_name="x"))
four = dict(img_resolution=8, img_channels=4, label_dim=3, sigma_data=0.5)
write_edm2("bad-edm2-four-channels", edm2(attributes=four), "latent model of EDM2", encoder=None)
write_edm2("bad-edm2-encoder", edm2(), "encoder that is not known", encoder=persistent("OtherEncoder"))
write_edm2("bad-edm2-network", edm2(net="OtherUNet"), "unknown classes")
write_edm2("bad-edm2-option", edm2(outer={"use_magic": 1}), "not understood")
write_edm2("bad-edm2-levels", edm2(outer={"channel_mult": [1] * 13}), "out of range")
write_edm2("bad-edm2-no-levels", edm2(outer={"channel_mult": []}), "out of range")
write_edm2("bad-edm2-huge", edm2(outer={"model_channels": 2**62}), "out of range")
write_edm2("bad-edm2-negative", edm2(outer={"channel_mult": [1, -1]}), "out of range")
write_edm2("bad-edm2-blocks", edm2(outer={"num_blocks": 10**9}), "out of range")
write_edm2("bad-edm2-heads-zero", edm2(outer={"channels_per_head": 0}), "out of range")
write_edm2("bad-edm2-balance-range", edm2(outer={"label_balance": 1.5}), "out of range")
write_edm2("bad-edm2-text", edm2(outer={"res_balance": "much"}), "wrong kind of value")
write_edm2("bad-edm2-filter", edm2(outer={"resample_filter": [1, 2, 1]}), "does not divide")
write_edm2("bad-edm2-side", edm2(attributes=dict(img_resolution=7)), "does not divide")
write_edm2("bad-edm2-balance", edm2(block={"res_balance": 0.4}), "res_balance of this Block")
write_edm2("bad-edm2-label-balance", edm2(outer={"label_balance": 0.4}), "label_balance of this UNet")
write_edm2("bad-edm2-clip", edm2(block={"clip_act": None}), "clip_act of this Block")
write_edm2("bad-edm2-heads", edm2(block={"num_heads": 3}), "num_heads of this Block")
write_edm2("bad-edm2-flavor", edm2(block={"flavor": "dec"}), "flavor of this Block")
write_edm2("bad-edm2-mode", edm2(block={"resample_mode": "down"}), "resample_mode of this Block")
write_edm2("bad-edm2-class", edm2(block={"modules": {"x": persistent("Linear")}}), "unknown class")
write_edm2("bad-edm2-nan", edm2(gain=np.nan), "not finite")

(folder / "bad-no-ema.pkl").write_bytes(pickle.dumps({"G_ema": 1}))
expectations["bad-no-ema.pkl"] = "no EDM network"
(folder / "bad-zip-file.pkl").write_bytes(b"PK\x03\x04" + bytes(60))
expectations["bad-zip-file.pkl"] = "zip archive"
(folder / "bad-empty.pkl").write_bytes(b"")
expectations["bad-empty.pkl"] = "is empty"
(folder / "bad-text.pkl").write_bytes(b"hello, I am no checkpoint")
expectations["bad-text.pkl"] = "neither"
(folder / "expectations.json").write_text(json.dumps(expectations, indent=0, sort_keys=True))
