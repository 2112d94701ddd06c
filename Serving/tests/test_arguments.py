"""What serve.py's command line refuses, before PyTorch is imported."""

import importlib.util
from pathlib import Path

import pytest

import serve

HERE = str(Path(__file__))
GOOD = [HERE, "--server", "triton"]


@pytest.fixture(autouse=True)
def any_server(monkeypatch):
    found = importlib.util.find_spec("pytest")
    monkeypatch.setattr(serve.importlib.util, "find_spec", lambda name: found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch", "0"], "no positive number"),
        (["--batch", "two"], "no positive number"),
        (["--port", "65536"], "no port"),
        (["--port", "²"], "no positive number"),
        (["--device", "gpu"], "cpu, mps, cuda"),
        (["--device", "cpu", "cpu"], "twice"),
        (["--device", "cuda:0", "cpu"], "different kinds"),
        (["--device", "cuda", "cuda:0"], "twice"),
        (["--precision", "int8"], "invalid choice"),
        (["--precision", "fp16"], "for GPUs"),
        (["--compile", "fast"], "invalid choice"),
        (["--name", "a/b"], "letters"),
        (["--name", ""], "letters"),
        (["--name", "a", "b"], "as many different names as models, 1"),
        (["--threads", "-1"], "no positive number"),
        (["--server", "flask"], "invalid choice"),
    ],
)
def test_refused(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        serve.parsed(GOOD + arguments)
    assert stop.value.code == 2 and message in capsys.readouterr().err


def test_several_models_have_names_of_their_own(capsys):
    two = [HERE, HERE, "--server", "triton"]
    assert serve.parsed([*two, "--name", "a", "b"]).name == ["a", "b"]
    for more, message in [
        ([], "names as models, 2"),
        (["--name", "a", "a"], "names as models, 2"),
        (["--name", "a", "b", "--weights", "w"], "one FILE.py"),
    ]:
        with pytest.raises(SystemExit):
            serve.parsed(two + more)
        assert message in capsys.readouterr().err


def test_defaults():
    options = serve.parsed(GOOD)
    assert (options.device, options.batch, options.precision, options.compile) == (["cpu"], 64, "fp32", None)
    assert (options.address, options.port, options.name) == ("127.0.0.1", 8000, ["model"])
    assert serve.parsed([*GOOD, "--compile"]).compile == "default"
    assert serve.parsed([*GOOD, "--device", "cuda:0", "cuda:1"]).device == ["cuda:0", "cuda:1"]


def test_no_such_checkpoint(capsys):
    for source in ("absent.pkl", "absent.py", "absent.py:model"):
        with pytest.raises(SystemExit):
            serve.parsed([source])
        assert "no such file" in capsys.readouterr().err


def test_a_server_that_is_not_installed(monkeypatch, capsys):
    monkeypatch.setattr(serve.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        serve.parsed(GOOD)
    assert "requirements.txt" in capsys.readouterr().err


def test_sources(tmp_path):
    pytest.importorskip("torch")
    from adapters.own import load_model

    file = tmp_path / "own.py"
    file.write_text("def model(weights):\n    return ('made', weights)\n\n\ndef other():\n    return 'other'\n")
    assert load_model(str(file), Path("w")) == ("made", Path("w"))
    assert load_model(f"{file}:other") == "other"
    for source, weights, message in [
        (str(file), None, "needs --weights"),
        (f"{file}:other", Path("w"), "takes no weights"),
        (f"{file}:absent", None, "no function absent"),
    ]:
        with pytest.raises(ValueError, match=message):
            load_model(source, weights)
    (tmp_path / "model.onnx").touch()
    (tmp_path / "model.pkl").touch()
    with pytest.raises(ValueError, match="neither"):
        load_model(str(tmp_path / "model.onnx"))
    with pytest.raises(ValueError, match="checkpoint"):
        load_model(str(tmp_path / "model.pkl"), Path("w"))
