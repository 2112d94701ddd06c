#!/usr/bin/env python3
"""Reads EDM pickles without PyTorch and prints what their tensors hold, as JSON, to compare another reader with:
per tensor its shape and [sum, sum of squares, first, last value].
python3 checksums.py FOLDER_WITH_PKL_FILES > checksums.json
"""
import collections
import io
import json
import pathlib
import pickle
import struct
import sys

import numpy as np

types = {"HalfStorage": np.float16, "FloatStorage": np.float32, "DoubleStorage": np.float64}


class Node:
    def __init__(self, *arguments):
        self.arguments, self.state = arguments, None

    def __setstate__(self, state):
        self.state = state


def node(name):
    return type(name, (Node,), {"__new__": lambda cls, *arguments: Node.__init__(made := object.__new__(cls), *arguments) or made})


class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        return collections.OrderedDict if name == "OrderedDict" else node(name)

    def persistent_load(self, identifier):
        return identifier


def storage(archive):
    file = io.BytesIO(archive)
    assert pickle.load(file) == 0x1950A86A20F9469CFC6C and pickle.load(file) == 1001
    pickle.load(file)
    identifier = Reader(file).load()
    pickle.load(file)
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(), dtype=types[identifier[1].__name__])[:count]


def tensor(value):
    if type(value).__name__ == "_rebuild_parameter":
        return tensor(value.arguments[0])
    values, offset, shape, strides = value.arguments[:4]
    flat = storage(values.arguments[0])
    return np.lib.stride_tricks.as_strided(flat[offset:], shape, [flat.itemsize * s for s in strides])


def walk(module, path, found):
    state = module.arguments[0]["state"] if module.arguments else module.state
    for part in ("_parameters", "_buffers"):
        for name, value in state[part].items():
            if value is not None:
                values = np.asarray(tensor(value), dtype=np.float64)
                sums = [float(values.sum()), float((values**2).sum()), float(values.flat[0]), float(values.flat[-1])]
                found[path + name] = {"shape": list(values.shape), "sums": sums, "part": part}
    for name, child in state["_modules"].items():
        if child is not None:
            walk(child, path + name + ".", found)


result = {}
root = pathlib.Path(sys.argv[1])
for file in sorted(root.rglob("*.pkl")):
    found = {}
    walk(Reader(file.open("rb")).load()["ema"], "", found)
    result[str(file.relative_to(root))] = {
        "parameters": sum(int(np.prod(t["shape"])) for t in found.values() if t.pop("part") == "_parameters"),
        "tensors": found,
    }
json.dump(result, sys.stdout, sort_keys=True, separators=(",", ":"))
