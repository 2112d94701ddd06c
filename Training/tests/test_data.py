import gzip
import struct

import pytest

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")

import data  # noqa: E402


def test_cifar_batches(cifar):
    images = data.load(str(cifar))
    assert images.images.shape == (96, 3, 32, 32) and images.classes == 10
    raw = np.fromfile(cifar / "data_batch_1.bin", dtype=np.uint8)
    assert images.labels[0] == raw[0] and images.images[0, 1, 0, 5] == raw[1 + 1024 + 5]
    assert len(data.load(str(cifar), train=False)) == 16
    train, held_out = images.split(20)
    assert (len(train), len(held_out)) == (76, 20)
    assert torch.equal(held_out.images[0], images.images[76])


def test_a_cut_batch_is_refused(cifar):
    path = cifar / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="whole records"):
        data.load(str(cifar))


def test_idx_files_padded(tmp_path):
    pixels = np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8)
    images = struct.pack(">HBBIII", 0, 8, 3, 2, 28, 28) + pixels.tobytes()
    labels = struct.pack(">HBBI", 0, 8, 1, 2) + bytes([3, 1])
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    loaded = data.load(str(tmp_path), side=32)
    assert loaded.images.shape == (2, 1, 32, 32) and loaded.labels.tolist() == [3, 1]
    assert torch.equal(loaded.images[1, 0, 2:30, 2:30].flatten(), torch.from_numpy(pixels[784:]))
    assert loaded.images[:, :, :2].sum() == 0


def test_a_folder_of_pictures(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for name, value in [("cats", 10), ("dogs", 200)]:
        (tmp_path / name).mkdir()
        for i in range(3):
            image.new("RGB", (40, 20), (value, i, 0)).save(tmp_path / name / f"{i}.png")
    loaded = data.load(str(tmp_path), side=16)
    assert loaded.names == ("cats", "dogs") and loaded.images.shape == (6, 3, 16, 16)
    assert [(10, 200)[label] for label in loaded.labels] == loaded.images[:, 0, 0, 0].tolist()
    (tmp_path / "dogs" / "0.png").unlink()
    image.new("RGB", (8, 8)).save(tmp_path / "dogs" / "0.png")
    with pytest.raises(ValueError, match="--side"):
        data.load(str(tmp_path))


def test_augmentation_keeps_flipped_and_shifted_images():
    image = torch.arange(64, dtype=torch.uint8).view(1, 1, 8, 8).expand(50, -1, -1, -1)
    generator = torch.Generator().manual_seed(0)
    assert torch.equal(data.Augmentation(flip=False, shift=0)(image, generator), image)
    flipped = data.Augmentation(flip=True, shift=0)(image, generator)
    kinds = {tuple(i.flatten().tolist()) for i in flipped}
    assert kinds == {tuple(image[0].flatten().tolist()), tuple(image[0].flip(2).flatten().tolist())}
    shifted = data.Augmentation(flip=False, shift=2)(image, generator)
    # The middle of a shifted image is a piece of the image.
    pieces = {tuple(image[0, 0, r : r + 4, c : c + 4].flatten().tolist()) for r in range(5) for c in range(5)}
    assert {tuple(i[0, 2:6, 2:6].flatten().tolist()) for i in shifted} <= pieces


def test_batches_go_on_where_they_stood(cifar):
    images = data.load(str(cifar))

    def batches():
        return data.Batches(images, data.Augmentation(flip=False, shift=0), seed=3)

    first, generator = batches(), torch.Generator()
    labels = torch.cat([first.next(40, generator)[1] for _ in range(5)])
    second = batches()
    second.next(40, generator), second.next(40, generator)
    third = batches()
    third.load_state_dict(second.state_dict())
    assert torch.equal(torch.cat([third.next(40, generator)[1] for _ in range(3)]), labels[80:])
    assert labels[:96].sum() == images.labels.sum()
