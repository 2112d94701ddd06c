"""The module on the bundled model: a few votes each, so that the suite takes seconds."""
from __future__ import annotations

import gzip
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import ndc

FEW = {"samples": 40, "selection_samples": 5, "alpha": 0.1, "seed": 7}


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    share = pathlib.Path(ndc.program()).resolve().parent.parent / "share/ndc"
    if not share.exists():
        share = next(
            folder / "Resources" for folder in pathlib.Path(ndc.program()).resolve().parents
            if (folder / "Resources/data").exists())
    mnist = share / "data/mnist"
    pixels = gzip.decompress((mnist / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((mnist / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    images = np.frombuffer(pixels, np.uint8).reshape(-1, 28, 28)[:count]
    return images, np.frombuffer(labels, np.uint8)[:count].astype(np.int64)


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ndc.Run, list[ndc.Progress]]:
    images, labels = digits(3)
    seen: list[ndc.Progress] = []
    run = ndc.certify(images, labels, out=tmp_path_factory.mktemp("runs") / "a", progress=seen.append, sigma=0.5, **FEW)
    return run, seen


def test_an_array_in_memory_is_certified(certified: tuple[ndc.Run, list[ndc.Progress]]) -> None:
    run, _ = certified
    assert len(run) == 3 and run.sigma == 0.5
    assert run.index.tolist() == [0, 1, 2] and run.label.tolist() == [7, 2, 1]
    assert run.votes.shape == (3, 10) and (run.votes.sum(axis=1) == 40).all()
    assert (run.correct == (run.predicted == run.label)).all()
    assert ((run.radius > 0) == ~run.abstained).all()
    assert run.certified_accuracy() == run.correct.mean() and run.certified_accuracy(9) == 0


def test_every_image_is_reported_once(certified: tuple[ndc.Run, list[ndc.Progress]]) -> None:
    run, seen = certified
    assert [(news.done, news.total) for news in seen] == [(1, 3), (2, 3), (3, 3)]
    assert [news.record for news in seen] == run.records


def test_the_directory_reads_back_as_the_programs_own_table(certified: tuple[ndc.Run, list[ndc.Progress]]) -> None:
    run, _ = certified
    again = ndc.read_run(run.path)
    table = (run.path / "certified.tsv").read_text().splitlines()[1:]
    for row, index, predicted, radius in zip(table, again.index, again.predicted, again.radius):
        fields = row.split("\t")
        assert (int(fields[0]), int(fields[2])) == (index, predicted)
        assert 0 <= radius - float(fields[3]) < 1e-6


def test_floats_tensors_and_bytes_are_the_same_pictures(certified: tuple[ndc.Run, list[ndc.Progress]]) -> None:
    class Tensor:
        """What a tensor on a device offers."""

        def __init__(self, values: np.ndarray) -> None:
            self.values = values

        def detach(self) -> Tensor:
            return self

        def cpu(self) -> Tensor:
            return self

        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return self.values

    run, _ = certified
    images, labels = digits(3)
    floats = (images[:, np.newaxis] / 255).astype(np.float32)
    other = ndc.certify(Tensor(floats), Tensor(labels), sigma=0.5, **FEW)
    assert other.radius.tolist() == run.radius.tolist() and (other.votes == run.votes).all()


def test_a_run_goes_on(tmp_path: pathlib.Path) -> None:
    images, labels = digits(2)
    first = ndc.certify(images, labels, out=tmp_path / "a", **FEW)
    seen: list[ndc.Progress] = []
    with pytest.raises(ndc.NdcError) as error:
        ndc.certify(images, labels, out=tmp_path / "a", **FEW)
    assert error.value.status == 64
    again = ndc.certify(images, labels, out=tmp_path / "a", resume=True, progress=seen.append, **FEW)
    assert again.records == first.records and seen == []


def test_pictures_without_labels_are_predicted() -> None:
    images, labels = digits(2)
    answers = ndc.predict(images, sigma=0.25, **FEW)
    assert [answer.label for answer in answers] == labels.tolist()
    assert all(answer.radius > 0 and answer.details["seed"] == 7 for answer in answers)


def test_a_torn_line_and_a_run_without_records_are_read(
    certified: tuple[ndc.Run, list[ndc.Progress]], tmp_path: pathlib.Path
) -> None:
    run, _ = certified
    (tmp_path / "run.json").write_bytes((run.path / "run.json").read_bytes())
    assert len(ndc.read_run(tmp_path)) == 0 and np.isnan(ndc.read_run(tmp_path).certified_accuracy())
    whole = (run.path / "records.jsonl").read_bytes()
    (tmp_path / "records.jsonl").write_bytes(whole[:-20])
    assert ndc.read_run(tmp_path).index.tolist() == [0, 1]


def test_an_exception_in_the_callback_ends_the_program(tmp_path: pathlib.Path) -> None:
    class Enough(Exception):
        pass

    def stop(_: ndc.Progress) -> None:
        raise Enough

    images, labels = digits(20)
    with pytest.raises(Enough):
        ndc.certify(images, labels, out=tmp_path / "a", progress=stop, **FEW)
    kept = ndc.read_run(tmp_path / "a")
    assert 1 <= len(kept) < 20
    more = ndc.certify(images[: len(kept)], labels[: len(kept)], **FEW)
    assert more.radius.tolist() == kept.radius.tolist()


def test_errors_are_the_programs(tmp_path: pathlib.Path) -> None:
    images, labels = digits(1)
    with pytest.raises(ndc.NdcError) as error:
        ndc.certify(images, labels, sigma=-1)
    assert error.value.status == 64 and "sigma" in str(error.value)
    with pytest.raises(ndc.NdcError) as error:
        ndc.certify(images, labels + 10, **FEW)
    assert error.value.status == 65
    for wrong in ((images, labels[:0]), (images[0], labels), (images.astype(int), labels), (images, labels / 2)):
        with pytest.raises((ValueError, TypeError)):
            ndc.certify(*wrong)
    with pytest.raises(TypeError):
        ndc.certify(images, labels, data="mnist")


def test_notices_arrive_line_by_line() -> None:
    lines: list[str] = []
    images, labels = digits(1)
    ndc.certify(images, labels, notice=lines.append, **FEW)
    assert any("run directory" in line for line in lines)


def test_frames_where_pandas_is(certified: tuple[ndc.Run, list[ndc.Progress]]) -> None:
    pandas = pytest.importorskip("pandas")
    run, _ = certified
    frame = run.frame()
    assert isinstance(frame, pandas.DataFrame) and frame["radius"].tolist() == run.radius.tolist()


def test_the_program_runs_as_a_module() -> None:
    ending = subprocess.run([sys.executable, "-m", "ndc", "--version"], capture_output=True, text=True, check=True)
    assert ending.stdout == ndc.run(["--version"]).output
