"""Reads EDM's .pkl checkpoints without executing anything they contain.

`load(path)` returns the network of the `ema` entry as a tree of `Module` records whose tensors are torch tensors.
Only the globals that such a file needs are known, and each of them is a harmless stand-in written here.
"""

import io
import pickle
import struct
from collections import OrderedDict

import numpy
import torch

ELEMENT_TYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}

ARCHIVE_MAGIC = 0x1950A86A20F9469CFC6C
ARCHIVE_PROTOCOL = 1001


class Module:
    """One module of the checkpoint: its class by name, and its state by name."""

    def __init__(self, class_name, state):
        self.class_name = class_name
        self.state = state

    def __setstate__(self, state):
        self.state = state

    @property
    def init_kwargs(self):
        return dict(self.state.get("_init_kwargs", {}))

    def attribute(self, name, default=None):
        return self.state.get(name, default)

    def children(self):
        return {k: v for k, v in self.state.get("_modules", {}).items() if v is not None}

    def own_tensors(self):
        both = {**self.state.get("_parameters", {}), **self.state.get("_buffers", {})}
        return {k: v for k, v in both.items() if v is not None}

    def tensors(self, prefix=""):
        """All tensors below this module by dotted path."""
        found = {prefix + name: tensor for name, tensor in self.own_tensors().items()}
        for name, child in self.children().items():
            found.update(child.tensors(f"{prefix}{name}."))
        return found


class ModuleDict(Module):
    class_name = "ModuleDict"  # made by NEWOBJ: no constructor runs


class NumPyType:
    """A NumPy dtype whose extra state (byte order, alignment) is looked at and dropped."""

    def __init__(self, name, *_):
        self.name = name

    def __setstate__(self, state):
        if state[1] not in ("<", "|", "="):
            raise pickle.UnpicklingError(f"byte order {state[1]!r} of a NumPy scalar")


class Skipped:
    """Stands for an object of a class that carries no tensor of the network (loss, augmentation)."""

    def __init__(self, *_, **__):
        pass

    def __setstate__(self, state):
        pass


def _module(meta):
    if meta.get("type") != "class":
        raise pickle.UnpicklingError(f"persistent object of type {meta.get('type')!r}")
    return Module(meta["class_name"], meta["state"])


def _scalar(kind, data=b""):
    code = "u1" if kind.name == "b1" else kind.name
    value = numpy.frombuffer(data, dtype=numpy.dtype(code).newbyteorder("<"))[0].item()
    return bool(value) if kind.name == "b1" else value


def _tensor(storage, offset, shape, strides, *_):
    return torch.as_strided(storage, tuple(shape), tuple(strides), offset)


def _parameter(tensor, *_):
    return tensor


def _latin1(text, encoding="latin1"):
    """Protocol 2 has no bytes: it writes them as text of as many characters."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes encoded as {encoding!r}")
    return text.encode("latin1")


class _ArchiveUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if module in ("torch", "torch.storage") and name in ELEMENT_TYPES:
            return name
        raise pickle.UnpicklingError(f"unknown global {module}.{name} in a tensor archive")

    def persistent_load(self, identifier):
        kind, element, key, _location, size, *_ = identifier
        if kind != "storage":
            raise pickle.UnpicklingError(f"persistent id {kind!r}")
        return (element, key, size)


def _storage(archive):
    stream = io.BytesIO(archive)
    read = lambda: _ArchiveUnpickler(stream).load()  # noqa: E731
    if read() != ARCHIVE_MAGIC or read() != ARCHIVE_PROTOCOL or not read().get("little_endian", True):
        raise pickle.UnpicklingError("not a little-endian legacy torch archive")
    element, key, size = read()
    if read() != [key]:
        raise pickle.UnpicklingError("an archive of one storage was expected")
    (count,) = struct.unpack("<q", stream.read(8))
    dtype = ELEMENT_TYPES[element]
    data = stream.read()
    if count != size or len(data) != count * dtype.itemsize:
        raise pickle.UnpicklingError(f"{count} elements announced, {len(data)} bytes found")
    return torch.frombuffer(bytearray(data), dtype=dtype) if count else torch.empty(0, dtype=dtype)


class _Unpickler(pickle.Unpickler):
    KNOWN = {
        ("torch_utils.persistence", "_reconstruct_persistent_obj"): _module,
        ("dnnlib.util", "EasyDict"): dict,
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_parameter"): _parameter,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch.storage", "_load_from_bytes"): _storage,
        ("torch.nn.modules.container", "ModuleDict"): ModuleDict,
        ("numpy.core.multiarray", "scalar"): _scalar,
        ("numpy._core.multiarray", "scalar"): _scalar,
        ("numpy", "dtype"): NumPyType,
        ("_codecs", "encode"): _latin1,
        ("__builtin__", "set"): set,
        ("builtins", "set"): set,
    }

    def find_class(self, module, name):
        if (module, name) in self.KNOWN:
            return self.KNOWN[module, name]
        if module.split(".")[0] in ("training", "dnnlib", "augment"):
            return Skipped
        raise pickle.UnpicklingError(f"unknown global {module}.{name}")


def load(path):
    with open(path, "rb") as file:
        content = _Unpickler(file).load()
    network = content["ema"]
    if not isinstance(network, Module):
        raise pickle.UnpicklingError(f"{path}: `ema` is no module")
    return network
