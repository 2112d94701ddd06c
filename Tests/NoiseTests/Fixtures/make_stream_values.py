"""Writes stream_values.json beside itself: the noise streams computed independently.

    python3 Tests/NoiseTests/Fixtures/make_stream_values.py

Philox 4x32-10 in plain Python integers (checked below against the vectors Random123 publishes) and Box-Muller with 40
digits (mpmath), rounded to float32 once. Needs numpy, mpmath. Deterministic.
"""

import json
import pathlib

import mpmath as mp
import numpy as np

mp.mp.dps = 40
MASK = 0xFFFFFFFF
PURPOSES = {"selectionSmoothing": 1, "selectionClassifier": 2, "estimationSmoothing": 3, "estimationClassifier": 4,
            "predictionSmoothing": 5, "predictionClassifier": 6, "evaluationSmoothing": 7, "evaluationClassifier": 8}


def philox(counter, key):
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return [c0, c1, c2, c3]


assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert philox([MASK] * 4, [MASK] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
assert philox([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0]) == [
    0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def words(seed, image, vote, purpose, block, kind):
    b = philox([block, vote, image, purpose + (kind << 31)], [seed & MASK, seed >> 32])
    return b[0] | b[1] << 32, b[2] | b[3] << 32


def normal_pair(word):
    u = (mp.mpf(word >> 24) + 0.5) / 2**40
    a = word & 0xFFFFFF
    angle = mp.pi / 2 * ((a >> 22) + (mp.mpf(a & 0x3FFFFF) + 0.5) / 2**22 - 0.5)
    radius = mp.sqrt(-2 * mp.log(u))
    # Rounded to double, then to float32, as the library rounds.
    return [float(np.float32(float(radius * f(angle)))) for f in (mp.cos, mp.sin)]


def normal(stream, position):
    return normal_pair(words(*stream, position // 4, 0)[position % 4 // 2])[position % 2]


STREAMS = [
    (0, 0, 0, "selectionSmoothing", 0, 96),
    (20240204, 17, 9999, "estimationSmoothing", 3069, 41),
    (0xDEADBEEF_CAFEF00D, 0xFFFFFFFF, 0x80000000, "evaluationClassifier", 1_000_003, 33),
    (2**64 - 1, 123456, 2, "predictionClassifier", 2**34 - 24, 24),
    (1, 0, 1, "estimationClassifier", 0, 2000),
]
streams = []
for seed, image, vote, purpose, start, count in STREAMS:
    stream = (seed, image, vote, PURPOSES[purpose])
    streams.append({
        "seed": f"{seed:016x}", "image": image, "vote": vote, "purpose": PURPOSES[purpose], "start": start,
        "normals": [normal(stream, p) for p in range(start, start + count)],
        "words": [f"{words(*stream, p // 2, 1)[p % 2]:016x}" for p in range(7)],
    })
# Words at the ends of the range: the largest and smallest radius, every quadrant, angles next to its edges.
extremes = [radius << 24 | quadrant << 22 | low for radius in (0, 1, 2**39, 2**40 - 2, 2**40 - 1)
            for quadrant in range(4) for low in (0, 1, 2**21, 2**22 - 1)]
pairs = [{"word": f"{word:016x}", "normals": normal_pair(word)} for word in extremes]
target = pathlib.Path(__file__).with_name("stream_values.json")
target.write_text("{\n" + ",\n".join(
    f'"{name}": [\n  ' + ",\n  ".join(json.dumps(row) for row in rows) + "\n]"
    for name, rows in (("streams", streams), ("extremes", pairs))) + "\n}\n")
