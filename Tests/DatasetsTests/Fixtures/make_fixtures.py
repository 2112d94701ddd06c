"""Makes the files of this folder: `python3 make_fixtures.py` (NumPy 2, Pillow 13).

expected.npz holds, for every readable picture, C×H×W values as Pillow reads them, or as they were written where Pillow
would drop 16-bit values.
"""

import gzip
import os
import pickle
import struct
import zlib

import numpy as np
from PIL import Image

FOLDER = os.path.dirname(os.path.abspath(__file__))
expected = {}


def path(name):
    return os.path.join(FOLDER, name)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, width, height, depth, color, rows, chunks=b"", interlace=0, declared=None):
    """A PNG with unfiltered rows; `chunks` lie before the pixels."""
    head = struct.pack(">2I5B", *(declared or (width, height)), depth, color, 0, 0, interlace)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    with open(path(name), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunks + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def expect(name, values):
    """`values` H×W or H×W×C."""
    values = np.asarray(values)
    expected[name] = np.ascontiguousarray(values[None] if values.ndim == 2 else values.transpose(2, 0, 1))


def pillow(name, mode):
    expect(name, Image.open(path(name)).convert(mode))


rng = np.random.default_rng(1)
H, W = 5, 7
grey = rng.integers(0, 256, (H, W), dtype=np.uint8)
color = rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
wide = rng.integers(0, 65536, (H, W), dtype=np.uint16)
wide_color = rng.integers(0, 65536, (H, W, 3), dtype=np.uint16)


def rows(array):
    return [row.astype(array.dtype.newbyteorder(">")).tobytes() for row in array]


def opaque(array):
    top = np.iinfo(array.dtype).max
    planes = array if array.ndim == 3 else array[..., None]
    return np.concatenate([planes, np.full((H, W, 1), top, array.dtype)], axis=2)


png("grey8.png", W, H, 8, 0, rows(grey))
pillow("grey8.png", "L")
png("color8.png", W, H, 8, 2, rows(color))
pillow("color8.png", "RGB")
png("grey16.png", W, H, 16, 0, rows(wide))
expect("grey16.png", wide)
png("color16.png", W, H, 16, 2, rows(wide_color))
expect("color16.png", wide_color)

# Few bits per pixel: 0 is black, the largest value white.
for depth in (1, 2, 4):
    small = rng.integers(0, 2**depth, (H, W))
    bits = [("".join(f"{v:0{depth}b}" for v in row)).ljust(-(-W * depth // 8) * 8, "0") for row in small]
    packed = [bytes(int(row[i : i + 8], 2) for i in range(0, len(row), 8)) for row in bits]
    png(f"grey{depth}.png", W, H, depth, 0, packed)
    expect(f"grey{depth}.png", (small * 255 // (2**depth - 1)).astype(np.uint8))

# A viewer would change these values; a reader of data must not.
png("gamma.png", W, H, 8, 0, rows(grey), chunk(b"gAMA", struct.pack(">I", 100000)))
pillow("gamma.png", "L")
png("color-gamma.png", W, H, 8, 2, rows(color), chunk(b"gAMA", struct.pack(">I", 55555)) )
pillow("color-gamma.png", "RGB")
png("srgb.png", W, H, 8, 2, rows(color), chunk(b"sRGB", b"\0"))
pillow("srgb.png", "RGB")

palette = rng.integers(0, 256, (16, 3), dtype=np.uint8)
entries = rng.integers(0, 16, (H, W), dtype=np.uint8)
png("palette.png", W, H, 8, 3, rows(entries), chunk(b"PLTE", palette.tobytes()))
pillow("palette.png", "RGB")
png("palette-transparent.png", W, H, 8, 3, rows(entries), chunk(b"PLTE", palette.tobytes()) + chunk(b"tRNS", b"\0" * 16))

png("grey-opaque.png", W, H, 8, 4, rows(opaque(grey)))
expect("grey-opaque.png", grey)
png("color-opaque.png", W, H, 8, 6, rows(opaque(color)))
pillow("color-opaque.png", "RGB")
png("color16-opaque.png", W, H, 16, 6, rows(opaque(wide_color)))
expect("color16-opaque.png", wide_color)
see_through = opaque(color)
see_through[H - 1, W - 1, 3] = 254
png("transparent.png", W, H, 8, 6, rows(see_through))
png("grey-key.png", W, H, 8, 0, rows(grey), chunk(b"tRNS", struct.pack(">H", int(grey[2, 2]))))

# Adam7: seven passes, each with its own rows.
passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
woven = [row for y, x, dy, dx in passes if grey[y::dy, x::dx].size for row in rows(grey[y::dy, x::dx])]
png("interlaced.png", W, H, 8, 0, woven, interlace=1)
pillow("interlaced.png", "L")

png("huge.png", W, H, 8, 0, rows(grey), declared=(65535, 65535))
png("too-wide.png", W, H, 8, 0, rows(grey), declared=(70000, 1))
png("bomb.png", W, H, 8, 0, rows(grey), declared=(9000, 9000))

smooth = np.add.outer(np.arange(16) * 9, np.arange(24) * 4).astype(np.uint8)
smooth_color = np.stack([smooth, 255 - smooth, smooth // 2 + 60], axis=2)
Image.fromarray(smooth).save(path("grey.jpg"), quality=80)
pillow("grey.jpg", "L")
Image.fromarray(smooth_color).save(path("color.jpg"), quality=80)
pillow("color.jpg", "RGB")
Image.fromarray(smooth_color).save(path("color444.jpg"), quality=90, subsampling=0)
pillow("color444.jpg", "RGB")
Image.fromarray(smooth_color).save(path("progressive.jpg"), quality=80, progressive=True)
pillow("progressive.jpg", "RGB")
Image.fromarray(smooth_color).convert("CMYK").save(path("cmyk.jpg"))

np.savez_compressed(path("expected.npz"), **expected)

# IDX: five pictures of 4×3.
pixels = (np.arange(60) * 4).astype(np.uint8)
images = struct.pack(">4B3I", 0, 0, 8, 3, 5, 4, 3) + pixels.tobytes()
labels = struct.pack(">4BI", 0, 0, 8, 1, 5) + bytes([3, 1, 4, 1, 5])
for name, content in [("tiny-images-idx3-ubyte", images), ("tiny-labels-idx1-ubyte", labels)]:
    with open(path(name), "wb") as file:
        file.write(content)
    with open(path("zipped-" + name[5:] + ".gz"), "wb") as file:
        file.write(gzip.compress(content, mtime=0))

# Arrays.
x = np.linspace(0, 1, 2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
np.savez_compressed(path("float.npz"), x=x, y=np.array([2, 0]))
np.savez_compressed(path("bytes.npz"), images=pixels.reshape(5, 4, 3), labels=np.array([3, 1, 4, 1, 5], dtype=np.uint8))
np.save(path("x.npy"), x.astype("<f4"))
np.save(path("y.npy"), np.array([2, 0], dtype=np.int32))

# CIFAR-10: two pictures; value k of picture i is (37 k + 101 i) mod 256, except that k is first divided by 4 so that the
# files compress in a repository.
data = np.array([[(37 * (k // 4) + 101 * i) % 256 for k in range(3072)] for i in range(2)], dtype=np.uint8)
os.makedirs(path("cifar-binary"), exist_ok=True)
os.makedirs(path("cifar-pickles"), exist_ok=True)
with open(path("cifar-binary/test_batch.bin"), "wb") as file:
    file.write(b"".join(bytes([label]) + row.tobytes() for label, row in zip([8, 2], data)))
with open(path("cifar-binary/data_batch_1.bin"), "wb") as file:
    file.write(bytes([5]) + data[1].tobytes())
with open(path("cifar-binary/data_batch_2.bin"), "wb") as file:
    file.write(bytes([6]) + data[0].tobytes())


def text2(value):
    """Python 2's str."""
    value = value.encode("latin-1") if isinstance(value, str) else value
    return b"U" + bytes([len(value)]) + value if len(value) < 256 else b"T" + struct.pack("<I", len(value)) + value


# As Python 2 pickled the published batches (protocol 2, str throughout, numpy.core).
dtype = b"cnumpy\ndtype\n" + text2("u1") + b"K\0K\1\x87R" + b"(K\3" + text2("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85" + text2("b") + b"\x87R"
array += b"(K\1K\2M\0\x0c\x86" + dtype + b"\x89" + text2(data.tobytes()) + b"tb"
labels = b"](K\x08K\x02e"
batch = b"\x80\2}(" + text2("batch_label") + text2("testing batch 1 of 1") + text2("labels") + labels
batch += text2("data") + array + text2("filenames") + b"](" + text2("a.png") + text2("b.png") + b"eu."
loaded = pickle.loads(batch, encoding="bytes")
assert np.array_equal(loaded[b"data"], data) and loaded[b"labels"] == [8, 2]
with open(path("cifar-pickles/test_batch"), "wb") as file:
    file.write(batch)
# As Python 3 writes the same.
with open(path("cifar-pickles/data_batch_1"), "wb") as file:
    pickle.dump({"data": np.asfortranarray(data), "labels": [np.int64(8), 2]}, file, protocol=2)
names = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
with open(path("cifar-pickles/batches.meta"), "wb") as file:
    pickle.dump({"label_names": names, "num_vis": 3072}, file, protocol=2)
