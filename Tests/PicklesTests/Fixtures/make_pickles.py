#!/usr/bin/env python3
"""Writes the pickles of this folder with Python's own pickle module: python3 make_pickles.py (NumPy 2 needed)."""
import collections
import pathlib
import pickle
import struct

import numpy as np

folder = pathlib.Path(__file__).parent


class Plain:
    """A class the reader has never heard of."""

    def __init__(self):
        self.answer = 42


Plain.__module__ = "elsewhere"


def values():
    shared = [1, 2]
    return {
        "none": None, "true": True, "false": False,
        "ints": [0, 1, 255, 256, 65535, 65536, -1, -129, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63)],
        "big": 0x1950A86A20F9469CFC6C,
        "floats": [0.0, -0.5, 1e300, 3.141592653589793],
        "text": "grün 𝄞 \\ 'quoted'\n", "empty": "", "long": "x" * 300,
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "nested": {"a": {"b": [{"c": 1}]}},
        (1, "key"): "tuple key",
        "shared": [shared, shared],
        "ordered": collections.OrderedDict([("z", 1), ("a", 2)]),
        "bytes": bytes(range(256)), "no bytes": b"",
    }


def write(name, data):
    (folder / name).write_bytes(data)


def dump(value, protocol):
    import sys, types
    module = types.ModuleType("elsewhere")
    module.Plain = Plain
    sys.modules["elsewhere"] = module
    return pickle.dumps(value, protocol=protocol)


for protocol in range(6):
    value = values()
    if protocol < 2:
        del value["big"]  # written in decimal there, and beyond 64 bits: the reader refuses it
    value["set"] = {7}
    value["object"] = Plain()
    write(f"values-{protocol}.pkl", dump(value, protocol))

cycle = []
cycle.append({"self": cycle})
write("cycle.pkl", dump(cycle, 4))

pixels = (np.arange(2 * 3072) * 7 % 256).astype(np.uint8).reshape(2, 3072)
for protocol in range(2, 6):
    write(f"batch-python3-{protocol}.pkl", dump({b"data": pixels, b"labels": [6, 9]}, protocol))
    arrays = {
        "fortran": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        "big endian": np.arange(3, dtype=">i2"), "empty": np.zeros((0, 4)),
        "scalars": [np.float64(0.25), np.float32(-1.5), np.int64(-7), np.uint8(200), np.bool_(True), np.float16(2.5)],
    }
    write(f"arrays-{protocol}.pkl", dump(arrays, protocol))
write("objects-array.pkl", dump(np.array([{}, None], dtype=object), 4))

# What Python 2 and NumPy 1 write for a CIFAR-10 batch: str as BINSTRING, protocol 2.
u = lambda text: b"U" + bytes([len(text)]) + text
python2 = (
    b"\x80\x02}q\x00(" + u(b"data") + b"q\x01cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85q\x04"
    + u(b"b") + b"q\x05\x87q\x06Rq\x07(K\x01K\x02M\x00\x0c\x86q\x08cnumpy\ndtype\nq\x09" + u(b"u1")
    + b"q\x0aK\x00K\x01\x87q\x0bRq\x0c(K\x03" + u(b"|") + b"q\x0dNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0eb\x89T"
    + struct.pack("<I", pixels.size) + pixels.tobytes() + b"q\x0ftq\x10b" + u(b"labels") + b"q\x11]q\x12(K\x06K\x09eu."
)
again = pickle.loads(python2, encoding="bytes")
assert (again[b"data"] == pixels).all() and again[b"labels"] == [6, 9]
write("batch-python2.pkl", python2)
