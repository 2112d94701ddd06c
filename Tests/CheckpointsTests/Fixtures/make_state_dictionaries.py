#!/usr/bin/env python3
"""Writes torch.save's files of state dictionaries without torch, and a diffusers folder: good ones and hand-broken ones.

    python3 make_state_dictionaries.py       # into state-dictionaries/ here, and seeds into Fuzz/Corpus

expectations-state-dictionaries.json says what a refusal must mention; "" is accepted.
"""
import collections, io, json, os, pickle, random, struct, sys, types, zlib

here = os.path.dirname(os.path.abspath(__file__))
out = os.path.join(here, "state-dictionaries")
corpus = os.path.join(here, "../../../Fuzz/Corpus")
os.makedirs(out, exist_ok=True)
random.seed(20)

# Names that the pickles mention; nothing of torch is needed to write them.
torch = types.ModuleType("torch")
utils = types.ModuleType("torch._utils")
def stand_in(module, name):
    def function(*_): raise NotImplementedError
    function.__module__, function.__qualname__, function.__name__ = module.__name__, name, name
    setattr(module, name, function)
    return function
rebuild, parameter = stand_in(utils, "_rebuild_tensor_v2"), stand_in(utils, "_rebuild_parameter")
for kind in ["FloatStorage", "HalfStorage", "LongStorage"]:
    setattr(torch, kind, type(kind, (), {"__module__": "torch"}))
user = types.ModuleType("my_project")
user.Net = type("Net", (), {"__module__": "my_project"})
sys.modules.update({"torch": torch, "torch._utils": utils, "my_project": user})


class Storage:
    def __init__(self, key, data, kind="FloatStorage", count=None, location="cpu"):
        self.key, self.data, self.kind, self.location = key, data, kind, location
        self.count = count if count is not None else len(data) // {"FloatStorage": 4, "HalfStorage": 2, "LongStorage": 8}[kind]


class Tensor:
    def __init__(self, storage, shape, offset=0, strides=None, wraps=False):
        if strides is None:
            strides, step = [], 1
            for size in reversed(shape):
                strides.insert(0, step)
                step *= size
        self.storage, self.shape, self.offset, self.strides, self.wraps = storage, shape, offset, strides, wraps
    def __reduce__(self):
        call = (rebuild, (self.storage, self.offset, tuple(self.shape), tuple(self.strides), False, collections.OrderedDict()))
        if not self.wraps: return call
        return (parameter, (Tensor(self.storage, self.shape, self.offset, self.strides), False, collections.OrderedDict()))


class Pickler(pickle._Pickler):
    legacy = False
    def persistent_id(self, value):
        if not isinstance(value, Storage): return None
        fields = ("storage", getattr(torch, value.kind), value.key, value.location, value.count)
        return fields + (None,) if self.legacy else fields


def pickled(value, legacy=False):
    stream = io.BytesIO()
    writer = Pickler(stream, 2)
    writer.legacy = legacy
    writer.dump(value)
    return stream.getvalue()


def storages(value, found):
    if isinstance(value, Tensor): found[value.storage.key] = value.storage
    elif isinstance(value, dict):
        for item in value.values(): storages(item, found)
    return found


def zipped(members, zip64=False, method=0, extra=True):
    """A zip file; aligned through the local header's extra field, as torch does."""
    body, directory = b"", b""
    for name, data in members:
        start, stored = len(body), data
        if method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            stored = packer.compress(data) + packer.flush()
        padding = b""
        if extra:
            gap = -(start + 30 + len(name) + 4) % 64
            padding = b"FB" + struct.pack("<H", gap) + b"Z" * gap
        sizes = (0xFFFFFFFF, 0xFFFFFFFF) if zip64 else (len(stored), len(data))
        body += struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0x0800, method, 0, 0, zlib.crc32(data), *sizes, len(name), len(padding)) + name.encode() + padding + stored
        wide = struct.pack("<HHQQQ", 1, 24, len(data), len(stored), start) if zip64 else b""
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0x0800, method, 0, 0, zlib.crc32(data), *sizes, len(name), len(wide), 0, 0, 0, 0, 0xFFFFFFFF if zip64 else start) + name.encode() + wide
    end, count = len(body), len(members)
    tail = b""
    if zip64:
        tail = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(directory), end)
        tail += struct.pack("<IIQI", 0x07064B50, 0, end + len(directory), 1)
    tail += struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, *([0xFFFF] * 2 if zip64 else [count] * 2), *([0xFFFFFFFF] * 2 if zip64 else [len(directory), end]), 0)
    return body + directory + tail


def torch_zip(value, folder="archive", without=(), replaced=None, **options):
    members = [(folder + "/data.pkl", pickled(value)), (folder + "/byteorder", b"little")]
    for key, storage in storages(value, {}).items():
        if key not in without: members.append((f"{folder}/data/{key}", storage.data))
    members.append((folder + "/version", b"3\n"))
    return zipped([(name, (replaced or {}).get(name, data)) for name, data in members], **options)


def torch_stream(value, counts=None, cut=0, more=b""):
    found = storages(value, {})
    head = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)
    head += pickle.dumps({"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}, 2)
    head += pickled(value, legacy=True) + pickle.dumps(sorted(found), 2)
    for key in sorted(found):
        head += struct.pack("<q", (counts or {}).get(key, found[key].count)) + found[key].data
    head += more
    return head[:len(head) - cut]


def floats(count): return struct.pack(f"<{count}f", *[round(random.uniform(-0.5, 0.5) * 64) / 64 for _ in range(count)])


class Network:
    """Tensors by name, each in a storage of its own."""
    def __init__(self): self.tensors = collections.OrderedDict()
    def add(self, name, *shape):
        count = 1
        for size in shape: count *= size
        self.tensors[name] = Tensor(Storage(str(len(self.tensors)), floats(count)), shape)
    def layer(self, name, *shape):
        self.add(name + ".weight", *shape)
        self.add(name + ".bias", shape[0])


def edm():
    net = Network()
    def norm(name, channels): net.layer(name, channels)
    def block(name, inputs, attends=False):
        norm(name + ".norm0", inputs)
        net.layer(name + ".conv0", 4, inputs, 3, 3)
        net.layer(name + ".affine", 4, 4)
        norm(name + ".norm1", 4)
        net.layer(name + ".conv1", 4, 4, 3, 3)
        if inputs != 4: net.layer(name + ".skip", 4, inputs, 1, 1)
        if attends:
            norm(name + ".norm2", 4)
            net.layer(name + ".qkv", 12, 4, 1, 1)
            net.layer(name + ".proj", 4, 4, 1, 1)
    net.layer("model.map_label", 4, 2)
    net.layer("model.map_layer0", 4, 4)
    net.layer("model.map_layer1", 4, 4)
    net.layer("model.enc.4x4_conv", 4, 1, 3, 3)
    block("model.enc.4x4_block0", 4)
    block("model.dec.4x4_in0", 4, True)
    block("model.dec.4x4_in1", 4)
    block("model.dec.4x4_block0", 8)
    block("model.dec.4x4_block1", 8)
    norm("model.dec.4x4_aux_norm", 4)
    net.layer("model.dec.4x4_aux_conv", 1, 4, 3, 3)
    return net.tensors


def flat(tensors):
    """The same as views into one storage."""
    data, views = b"", collections.OrderedDict()
    whole = Storage("0", b"")
    for name, tensor in tensors.items():
        views[name] = Tensor(whole, tensor.shape, offset=len(data) // 4)
        data += tensor.storage.data
    whole.data, whole.count = data, len(data) // 4
    return views


def edited(tensors, name, value):
    copy = collections.OrderedDict(tensors)
    copy[name] = value
    return copy


def safetensors(tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(tensor.storage.data)]}
        data += tensor.storage.data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def diffusers():
    net = Network()
    def resnet(name, inputs):
        net.layer(name + ".norm1", inputs)
        net.layer(name + ".conv1", 4, inputs, 3, 3)
        net.layer(name + ".time_emb_proj", 4, 8)
        net.layer(name + ".norm2", 4)
        net.layer(name + ".conv2", 4, 4, 3, 3)
        if inputs != 4: net.layer(name + ".conv_shortcut", 4, inputs, 1, 1)
    net.layer("conv_in", 4, 1, 3, 3)
    net.layer("time_embedding.linear_1", 8, 4)
    net.layer("time_embedding.linear_2", 8, 8)
    net.add("class_embedding.weight", 2, 8)
    resnet("down_blocks.0.resnets.0", 4)
    resnet("mid_block.resnets.0", 4)
    net.layer("mid_block.attentions.0.group_norm", 4)
    for part in ["to_q", "to_k", "to_v", "to_out.0"]: net.layer("mid_block.attentions.0." + part, 4, 4)
    resnet("mid_block.resnets.1", 4)
    resnet("up_blocks.0.resnets.0", 8)
    resnet("up_blocks.0.resnets.1", 8)
    net.layer("conv_norm_out", 4)
    net.layer("conv_out", 1, 4, 3, 3)
    config = {"_class_name": "UNet2DModel", "sample_size": 4, "in_channels": 1, "out_channels": 1, "layers_per_block": 1, "block_out_channels": [4], "down_block_types": ["DownBlock2D"], "up_block_types": ["UpBlock2D"], "norm_num_groups": 2, "attention_head_dim": 2, "num_class_embeds": 2}
    scheduler = {"_class_name": "DDPMScheduler", "num_train_timesteps": 10, "beta_schedule": "linear", "beta_start": 0.01, "beta_end": 0.5, "prediction_type": "v_prediction"}
    return config, scheduler, net.tensors


expectations = {}
def write(name, data, expected=""):
    expectations[name] = expected
    with open(os.path.join(out, name), "wb") as file: file.write(data)
def seed(target, name, data):
    os.makedirs(os.path.join(corpus, target), exist_ok=True)
    with open(os.path.join(corpus, target, name), "wb") as file: file.write(data)

net = edm()
first = "model.map_label.weight"
wide = net[first]
good = {
    "zip.pt": torch_zip(net), "zip64.pt": torch_zip(net, zip64=True), "unaligned.pt": torch_zip(net, extra=False),
    "views.pt": torch_zip(flat(net)), "stem.pt": torch_zip(net, folder="my model"),
    "ema.pt": torch_zip({"model": {"x": wide}, "ema": net, "epoch": 3}),
    "state_dict.pt": torch_zip({"state_dict": net, "epoch": 3}), "model.pt": torch_zip({"model": net}),
    "nested.pt": torch_zip({"ema": {"state_dict": net}}),
    "parallel.pt": torch_zip(collections.OrderedDict(("module." + k, v) for k, v in net.items())),
    "parameters.pt": torch_zip(collections.OrderedDict((k, Tensor(v.storage, v.shape, wraps=True)) for k, v in net.items())),
    "stream.pt": torch_stream(net), "stream-views.pt": torch_stream(flat(net)), "stream-ema.pt": torch_stream({"ema": net}),
    "network-alone.pt": torch_zip(collections.OrderedDict((k[6:], v) for k, v in net.items())),
    "bare.safetensors": safetensors(net),
}
for name, data in good.items(): write(name, data)

broken = {
    "bad-deflated.pt": (torch_zip(net, method=8), "compressed"),
    "bad-cut.pt": (torch_zip(net)[:-100], "zip"),
    "bad-missing-storage.pt": (torch_zip(net, without=("0",)), "lacks a storage"),
    "bad-short-storage.pt": (torch_zip(net, replaced={"archive/data/0": b"\0" * 8}), "fill its place"),
    "bad-long-storage.pt": (torch_zip(net, replaced={"archive/data/0": b"\0" * 400}), "fill its place"),
    "bad-huge-count.pt": (torch_zip(edited(net, first, Tensor(Storage("0", wide.storage.data, count=1 << 61), wide.shape))), "fill its place"),
    "bad-shape.pt": (torch_zip(edited(net, first, Tensor(wide.storage, (400, 2)))), "beyond its storage"),
    "bad-offset.pt": (torch_zip(edited(net, first, Tensor(wide.storage, wide.shape, offset=5))), "beyond its storage"),
    "bad-huge-shape.pt": (torch_zip(edited(net, first, Tensor(wide.storage, (1 << 40, 1 << 40)))), "shape or strides"),
    "bad-negative.pt": (torch_zip(edited(net, first, Tensor(wide.storage, wide.shape, offset=-1))), "offset"),
    "bad-strides.pt": (torch_zip(edited(net, first, Tensor(wide.storage, wide.shape, strides=(100, 1)))), "beyond its storage"),
    "bad-integers.pt": (torch_zip(edited(net, first, Tensor(Storage("0", b"\0" * 64, "LongStorage"), wide.shape))), "floating-point"),
    "bad-module.pt": (torch_zip({"ema": user.Net()}), "net.state_dict()"),
    "bad-whole.pt": (torch_zip(user.Net()), "net.state_dict()"),
    "bad-number.pt": (torch_zip(edited(net, "epoch", 3)), "not a tensor"),
    "bad-empty.pt": (torch_zip({}), "no state dictionary"),
    "bad-list.pt": (torch_zip([1, 2]), "no state dictionary"),
    "bad-endian.pt": (torch_zip(net, replaced={"archive/byteorder": b"big"}), "little-endian"),
    "bad-script.pt": (zipped([("a/data.pkl", pickled(net)), ("a/constants.pkl", b"")]), "TorchScript"),
    "bad-two.pt": (zipped([("a/data.pkl", pickled(net)), ("b/data.pkl", b"")]), "one member"),
    "bad-no-pickle.pt": (zipped([("a/version", b"3\n")]), "one member"),
    "bad-other.pt": (torch_zip({"x.weight": wide}), "no network that is known"),
    "bad-classifier.pt": (torch_zip({"layer1.0.conv1.weight": wide, "fc.weight": wide}), "a classifier"),
    "bad-lora.pt": (torch_zip({"unet.lora_up.weight": wide}), "a LoRA"),
    "bad-latent.pt": (torch_zip({"state_dict": {"model.diffusion_model.x.weight": wide}}), "latent"),
    "bad-dit.pt": (torch_zip({"x_embedder.proj.weight": wide, "t_embedder.mlp.0.weight": wide}), "transformer"),
    "bad-stream-cut.pt": (torch_stream(net, cut=3), "cut off"),
    "bad-stream-count.pt": (torch_stream(net, counts={"0": 1 << 60}), "element count"),
    "bad-stream-negative.pt": (torch_stream(net, counts={"0": -1}), "element count"),
    "bad-stream-more.pt": (torch_stream(net, more=b"more"), "behind the last"),
    "bad-stream-huge.pt": (torch_stream(edited(net, first, Tensor(Storage("0", wide.storage.data, count=1 << 61), wide.shape))), "cut off"),
    "bad-stream-module.pt": (torch_stream(user.Net()), "net.state_dict()"),
}
for name, (data, expected) in broken.items(): write(name, data, expected)


def edm2(prefix="unet.", channels=3):
    """EDM2 at 4x4 with one level of 4 channels, one block and one head; what training keeps beside it."""
    net = Network()
    def block(name, inputs, flavour, attends=False):
        net.add(name + ".emb_gain")
        net.add(name + ".conv_res0.weight", 4, 4 if flavour == "enc" else inputs, 3, 3)
        net.add(name + ".emb_linear.weight", 4, 8)
        net.add(name + ".conv_res1.weight", 4, 4, 3, 3)
        if inputs != 4: net.add(name + ".conv_skip.weight", 4, inputs, 1, 1)
        if attends:
            net.add(name + ".attn_qkv.weight", 12, 4, 1, 1)
            net.add(name + ".attn_proj.weight", 4, 4, 1, 1)
    net.add(prefix + "out_gain")
    for name in ["freqs", "phases"]: net.add(prefix + "emb_fourier." + name, 6)
    net.add(prefix + "emb_noise.weight", 8, 6)
    net.add(prefix + "emb_label.weight", 8, 2)
    net.add(prefix + "enc.4x4_conv.weight", 4, channels + 1, 3, 3)
    block(prefix + "enc.4x4_block0", 4, "enc")
    block(prefix + "dec.4x4_in0", 4, "dec", True)
    block(prefix + "dec.4x4_in1", 4, "dec")
    block(prefix + "dec.4x4_block0", 8, "dec")
    block(prefix + "dec.4x4_block1", 8, "dec")
    net.add(prefix + "out_conv.weight", channels, 4, 3, 3)
    if prefix:
        for name in ["freqs", "phases"]: net.add("logvar_fourier." + name, 4)
        net.add("logvar_linear.weight", 1, 4)
    return net.tensors


# Apart, so that what is drawn below stays as it is.
drawn = random.getstate()
random.seed(21)
edm2_file, edm2_latent = torch_zip(edm2()), torch_zip(edm2(channels=4))
write("edm2.pt", edm2_file)
write("edm2-stream.pt", torch_stream({"ema": edm2()}))
write("edm2-network-alone.pt", torch_zip(edm2(prefix="")))
write("edm2.safetensors", safetensors(edm2()))
write("bad-edm2-latent.pt", edm2_latent, "a latent model (img512)")
random.setstate(drawn)
with open(os.path.join(here, "expectations-state-dictionaries.json"), "w") as file:
    json.dump(expectations, file, indent=0, sort_keys=True)
    file.write("\n")

for name in ["zip.pt", "zip64.pt", "views.pt", "ema.pt", "parallel.pt", "stream.pt", "stream-views.pt", "bare.safetensors"]:
    seed("state-dictionary", name, good[name])
for name in ["bad-module.pt", "bad-huge-shape.pt", "bad-stream-huge.pt"]: seed("state-dictionary", name, broken[name][0])
config, scheduler, tensors = diffusers()
def folder(config, scheduler): return b"\0".join([json.dumps(config).encode(), json.dumps(scheduler).encode(), safetensors(tensors)])
seed("diffusers", "small", folder(config, scheduler))
seed("diffusers", "cosine", folder(config, {"beta_schedule": "squaredcos_cap_v2", "num_train_timesteps": 20}))
seed("diffusers", "bad-huge", folder(dict(config, block_out_channels=[1 << 40]), scheduler))
seed("description", "plain", json.dumps({"family": "edm", "precond": "vp"}).encode() + b"\0" + good["zip.pt"])
seed("description", "data", json.dumps({"sigma_data": 0.25, "channel_mult": "1", "label_dim": 2}).encode() + b"\0" + good["stream.pt"])
seed("description", "bad-keys", json.dumps({"precond": "other", "depth": 3, "num_blocks": 7}).encode() + b"\0" + good["zip.pt"])
seed("state-dictionary", "edm2.pt", edm2_file)
seed("state-dictionary", "bad-edm2-latent.pt", edm2_latent)
seed("description", "edm2", json.dumps({"family": "edm2", "channels_per_head": 4, "clip_act": None, "channel_mult_noise": 1.5, "res_balance": 0.25}).encode() + b"\0" + edm2_file)
