"""Makes imagenet/ in this folder: `python3 make_imagenet_fixtures.py` (NumPy 1.26).

Three pictures, all values 51, of the classes 449, 1 and 490 of ImageNet's development kit, as Imagenet32_Scripts packs
them: a pickle (Python 3's default protocol) and an .npz, with 8 and 64 pixels a side.
"""

import os
import pickle

import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "imagenet")
os.makedirs(FOLDER, exist_ok=True)
for side in 8, 64:
    data = np.full((3, 3 * side * side), 51, np.uint8)
    np.savez_compressed(f"{FOLDER}/{side}.npz", data=data, labels=np.array([449, 1, 490]))
with open(f"{FOLDER}/8", "wb") as file:
    data = np.full((3, 192), 51, np.uint8)
    pickle.dump({"data": data, "labels": [449, 1, 490], "mean": data.mean(axis=0)}, file)
