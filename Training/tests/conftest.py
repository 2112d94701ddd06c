import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


@pytest.fixture
def cifar(tmp_path):
    """A folder of CIFAR-10's format: 96 images of two classes that differ in brightness, and 16 test images."""
    np = pytest.importorskip("numpy")
    random = np.random.default_rng(0)
    folder = tmp_path / "cifar"
    folder.mkdir()
    for name, count in [("data_batch_1.bin", 48), ("data_batch_2.bin", 48), ("test_batch.bin", 16)]:
        labels = random.integers(0, 2, (count, 1))
        pixels = 60 + 120 * labels + random.integers(-20, 20, (count, 3072))
        np.concatenate([labels, pixels], axis=1).astype(np.uint8).tofile(folder / name)
    return folder
