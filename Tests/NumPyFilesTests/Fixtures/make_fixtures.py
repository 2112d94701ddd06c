"""Makes the files of this folder: `python3 make_fixtures.py` (NumPy 2).

Every array has the shape [2, 3, 2] and, at offset i in C order, the value (7 i mod 11) - 2, plus 0.25 for floating
types; unsigned types leave out the - 2, bool is 7 i mod 11 > 4.
"""

import gzip
import io
import os
import struct
import zipfile
import zlib

import numpy as np
from numpy.lib import format as npy

FOLDER = os.path.dirname(os.path.abspath(__file__))
SHAPE = (2, 3, 2)


def values(kind):
    base = np.arange(12) * 7 % 11
    if kind == "b1":
        base = base > 4
    elif kind[0] != "u":
        base = base - 2
    return (base + 0.25 if kind[0] == "f" else base).reshape(SHAPE)


def path(name):
    return os.path.join(FOLDER, name)


for kind in ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
    np.save(path(f"little-c-{kind}.npy"), values(kind).astype("<" + kind))
    np.save(path(f"big-fortran-{kind}.npy"), np.asfortranarray(values(kind).astype(">" + kind)))

for version in [(2, 0), (3, 0)]:
    with open(path(f"version-{version[0]}.npy"), "wb") as file:
        npy.write_array(file, values("f4").astype("<f4"), version=version)

np.save(path("scalar.npy"), np.float64(1.5))
np.save(path("vector.npy"), np.array([1, 2, 3], dtype="<i8"))
np.save(path("empty.npy"), np.zeros((0, 3), dtype="<f4"))
np.save(path("complex.npy"), np.zeros(2, dtype="c16"))
np.save(path("structured.npy"), np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
np.save(path("objects.npy"), np.array([None, {}], dtype=object), allow_pickle=True)
np.save(path("text.npy"), np.array(["a", "bc"]))

arrays = {"x": values("f4").astype("<f4"), "y": np.array([3, 1, 2], dtype="<i8")}
np.savez(path("stored.npz"), **arrays)
np.savez_compressed(path("deflated.npz"), **arrays)

# A directory whose sizes and offset are in zip64 fields, as Python writes them beyond 4 GiB only.
buffer = io.BytesIO()
np.save(buffer, arrays["y"])
data = buffer.getvalue()
name, wide = b"y.npy", 0xFFFFFFFF
local = struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 0, 0, 0, zlib.crc32(data), wide, wide, len(name), 20)
local += name + struct.pack("<2H2Q", 1, 16, len(data), len(data)) + data
entry = struct.pack(
    "<4s6H3I5H2I", b"PK\1\2", 45, 45, 0, 0, 0, 0, zlib.crc32(data), wide, wide, len(name), 28, 0, 0, 0, 0, wide)
entry += name + struct.pack("<2H3Q", 1, 24, len(data), len(data), 0)
end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(entry), len(local))
locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(local) + len(entry), 1)
end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, wide, wide, 0)
with open(path("zip64.npz"), "wb") as file:
    file.write(local + entry + end64 + locator + end)
assert zipfile.ZipFile(path("zip64.npz")).testzip() is None
assert np.array_equal(np.load(path("zip64.npz"))["y"], arrays["y"])

# Two gzip members, then zeros.
content = bytes(i * i % 251 for i in range(300))
with open(path("two-members.gz"), "wb") as file:
    file.write(gzip.compress(content[:200], mtime=0) + gzip.compress(content[200:], mtime=0) + bytes(4))
assert gzip.decompress(open(path("two-members.gz"), "rb").read()) == content
