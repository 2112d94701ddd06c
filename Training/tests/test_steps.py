"""A few steps of every command on a tiny network and 96 images."""

import json
import struct
import sys

import pytest

torch = pytest.importorskip("torch")

import evaluate  # noqa: E402
import export  # noqa: E402
import train_classifier  # noqa: E402
import train_denoiser  # noqa: E402
import tune  # noqa: E402
from networks.ndc_safetensors import multihead_architecture  # noqa: E402

COMMON = (
    "--network multihead-tiny --batch 16 --held-out 16 --evaluate-images 16 --evaluate-every 64 --warm-up 32 --slice 4 "
    "--device cpu --precision fp32 --shift 1"
).split()


def run(step, cifar, out, *options):
    arguments = ["step", "--data", str(cifar), "--out", str(out), *COMMON, *map(str, options)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", arguments)
        step.main()
    return torch.load(out / "checkpoint.pt", weights_only=True)


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_a_denoiser_learns(cifar, tmp_path):
    state = run(train_denoiser, cifar, tmp_path / "a", "--images", 640, "--ema", 64)
    first, last = state["history"][0], state["history"][-1]
    assert state["seen"] == 640 and last["images"] == 640
    assert last["mse@0.5"] < 0.8 * first["mse@0.5"]


@pytest.mark.parametrize("step", [train_denoiser, tune, train_classifier])
def test_a_resumed_run_ends_like_an_uninterrupted_one(step, cifar, tmp_path, monkeypatch):
    whole = run(step, cifar, tmp_path / "whole", "--images", 160)

    class Interrupted(Exception):
        pass

    saved = step.Loop._average

    def interrupting(self):
        saved(self)
        if self.steps == 5:
            self.seen, self.steps = self.seen + self.options.batch, self.steps + 1
            self.save()
            raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(step.Loop, "_average", interrupting)
        with pytest.raises(Interrupted):
            run(step, cifar, tmp_path / "cut", "--images", 160)
    assert torch.load(tmp_path / "cut" / "checkpoint.pt", weights_only=True)["seen"] == 96
    resumed = run(step, cifar, tmp_path / "cut", "--images", 160)
    assert same(whole["network"], resumed["network"]) and same(whole["ema"], resumed["ema"])


def test_threads_do_not_change_the_result(cifar, tmp_path):
    one = run(tune, cifar, tmp_path / "one", "--images", 64, "--threads", 1)
    three = run(tune, cifar, tmp_path / "three", "--images", 64, "--threads", 3)
    assert same(one["network"], three["network"])


def test_another_batch_is_refused_on_resume(cifar, tmp_path):
    run(train_denoiser, cifar, tmp_path / "a", "--images", 32)
    with pytest.raises(SystemExit, match="--batch"):
        run(train_denoiser, cifar, tmp_path / "a", "--images", 64, "--batch", 32)


def test_tuning_classifies_and_exports(cifar, tmp_path, monkeypatch, capsys):
    run(train_denoiser, cifar, tmp_path / "a", "--images", 320, "--ema", 64)
    options = ("--images", 1600, "--ema", 64, "--sigma", 0.25, "--shares", 1, "--consistency", 1)
    state = run(tune, cifar, tmp_path / "b", "--init", tmp_path / "a" / "final.pt", *options)
    assert state["history"][-1]["accuracy@0.25"] >= 0.9  # two classes, dark and bright
    assert 0 < state["history"][-1]["mse@0.25"] < 0.25

    out = tmp_path / "model.safetensors"
    export.export(state, out, "F32")
    raw = out.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    metadata = header.pop("__metadata__")
    described = json.loads(metadata["ndc.architecture"])
    assert multihead_architecture(described).as_dict() == {
        k: tuple(v) if isinstance(v, list) else v for k, v in state["architecture"].items()
    }
    assert json.loads(metadata["ndc.training"])["imagesSeen"] == 1600
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        values = torch.frombuffer(bytearray(raw[8 + length + first : 8 + length + last]), dtype=torch.float32)
        assert torch.equal(values.view(entry["shape"]), state["ema"][name])
    export.export(state, tmp_path / "again.safetensors", "F32")
    assert raw == (tmp_path / "again.safetensors").read_bytes()

    command = ["evaluate", "--checkpoint", tmp_path / "b" / "final.pt", "--data", cifar, "--part", "test", "--count", 8]
    monkeypatch.setattr(sys, "argv", [*map(str, command), "--votes", "50", "--selection", "10"])
    evaluate.main()
    row = json.loads(capsys.readouterr().out)
    assert row["one_vote"] > 0.8 and row["certified@0.25"] > 0.5


def test_a_teacher_pulls_the_predictions_to_its_own(cifar, tmp_path):
    teacher = run(
        train_classifier, cifar, tmp_path / "c", "--images", 320, "--copies", 1, "--consistency", 0, "--ema", 64
    )
    assert teacher["history"][-1]["accuracy@0.25"] >= 0.9
    options = ("--images", 320, "--ema", 64, "--sigma", 0.25, "--shares", 1, "--consistency", 0)
    alone = run(tune, cifar, tmp_path / "alone", *options)
    taught = ("--teacher", tmp_path / "c" / "final.pt", "--distillation", 2)
    taught = run(tune, cifar, tmp_path / "taught", *options, *taught)
    assert not same(alone["network"], taught["network"])
    assert taught["history"][-1]["accuracy@0.25"] >= 0.9
    with pytest.raises(ValueError, match="train_classifier"):
        run(tune, cifar, tmp_path / "wrong", *options, "--teacher", tmp_path / "alone" / "final.pt")


def test_tuning_at_several_levels(cifar, tmp_path):
    state = run(tune, cifar, tmp_path / "b", "--images", 64, "--levels", "tau", 3, "--copies", 2)
    assert state["seen"] == 64


def test_a_network_with_one_head_takes_the_label(cifar, tmp_path):
    pytest.importorskip("networks.edm_network")
    state = run(train_denoiser, cifar, tmp_path / "s", "--network", "song", "--images", 64)
    assert state["architecture"]["network"] == "SongUNet" and state["history"][-1]["mse@0.5"] > 0


def test_the_baseline_without_consistency(cifar, tmp_path):
    state = run(
        train_classifier, cifar, tmp_path / "c", "--images", 320, "--copies", 1, "--consistency", 0, "--ema", 64
    )
    assert state["history"][-1]["accuracy@0.25"] >= 0.9


def test_training_waits_while_paused(cifar, tmp_path, monkeypatch, capsys):
    pause = tmp_path / "PAUSE"
    pause.touch()
    import loop

    monkeypatch.setattr(loop.time, "sleep", lambda _: pause.unlink())
    run(train_denoiser, cifar, tmp_path / "a", "--images", 16, "--pause-file", pause)
    assert "goes on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("successes", "trials", "alpha", "expected"),
    # Closed forms: α^(1/n) for n of n, 1 − (1 − α)^(1/n) for one of n.
    [(100, 100, 0.001, 0.001 ** (1 / 100)), (1, 1000, 0.001, 1 - 0.999 ** (1 / 1000)), (0, 10, 0.05, 0.0)],
)
def test_clopper_and_pearson(successes, trials, alpha, expected):
    assert evaluate.clopper_pearson(successes, trials, alpha) == pytest.approx(expected, rel=1e-9, abs=1e-15)
