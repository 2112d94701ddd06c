"""Running the program."""
from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Optional, Union

Argument = Union[str, "os.PathLike[str]", int, float]


class NdcError(RuntimeError):
    """The program ended with an error: 64 for impossible options, 65 for input that cannot be used."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message.strip() or f"ndc ended with status {status}")
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Progress:
    """How far a certification is."""

    done: int
    """Images whose record is on the disk."""
    total: int
    """Images of the run."""
    record: dict[str, Any]
    """The newest image's record (Docs/Files.md, records.jsonl)."""


@dataclass(frozen=True)
class Result:
    """What the program said."""

    output: str
    errors: str


def program() -> str:
    """The program's path: NDC_EXECUTABLE, the one in this package, or `ndc` on PATH."""
    named = os.environ.get("NDC_EXECUTABLE")
    if named:
        return named
    own = pathlib.Path(__file__).resolve().parent / "_program/bin/ndc"
    if own.exists():
        return str(own)
    found = shutil.which("ndc")
    if found is None:
        raise FileNotFoundError("the program ndc is neither in this package nor on PATH; set NDC_EXECUTABLE")
    return found


def run(
    arguments: Iterable[Argument], *, progress: Optional[Callable[[Progress], object]] = None,
    notice: Optional[Callable[[str], object]] = None, cwd: Optional[Union[str, "os.PathLike[str]"]] = None, poll: float = 0.2,
) -> Result:
    """Runs `ndc ARGUMENTS` to its end.

    `progress` is called for every image that a certification with `--out` finishes, `notice` for every line on standard
    error, both on the calling thread or a helper's. An exception in `progress`, KeyboardInterrupt too, ends the program;
    what it has finished stays on the disk, for `--resume`.
    """
    words = [os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in arguments]
    folder = _option(words, "--out") if words[:1] == ["certify"] else None
    if folder is not None and cwd is not None:
        folder = os.path.join(os.fspath(cwd), folder)
    watch = _Watch(folder, progress) if progress and folder else None
    errors: list[str] = []
    # A file instead of a pipe: nobody has to empty it.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        with subprocess.Popen(
            [program(), *words], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, cwd=cwd,
            encoding="utf-8", errors="replace",
        ) as child:
            reader = threading.Thread(target=_read, args=(child.stderr, errors, notice), daemon=True)
            reader.start()
            try:
                while True:
                    try:
                        status = child.wait(poll if watch else None)
                        break
                    except subprocess.TimeoutExpired:
                        if watch:
                            watch.look()
                reader.join()
                if watch:
                    watch.look()
            except BaseException:
                child.terminate()
                child.wait()
                raise
        output.seek(0)
        text = output.read()
    if status != 0:
        raise NdcError(status, "".join(errors))
    return Result(text, "".join(errors))


def _read(stream: Any, lines: list[str], notice: Optional[Callable[[str], object]]) -> None:
    for line in stream:
        lines.append(line)
        if notice:
            notice(line.rstrip("\n"))


def _option(words: list[str], name: str) -> Optional[str]:
    for place, word in enumerate(words):
        if word == name and place + 1 < len(words):
            return words[place + 1]
        if word.startswith(name + "="):
            return word[len(name) + 1:]
    return None


class _Watch:
    """Tells of records as they are appended."""

    def __init__(self, folder: str, tell: Callable[[Progress], object]) -> None:
        self.folder = pathlib.Path(folder)
        self.tell = tell
        self.done = 0
        self.offset = 0
        # A run that goes on has records from before, which are no news.
        self._lines()

    def _lines(self) -> list[bytes]:
        try:
            with open(self.folder / "records.jsonl", "rb") as file:
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return []
        # The last line may be half written.
        whole = data[: data.rfind(b"\n") + 1]
        self.offset += len(whole)
        lines = whole.splitlines()
        self.done += len(lines)
        return lines

    def look(self) -> None:
        before = self.done
        lines = self._lines()
        if not lines:
            return
        total = json.loads((self.folder / "run.json").read_bytes())["images"]["count"]
        for place, line in enumerate(lines):
            self.tell(Progress(before + place + 1, total, json.loads(line)))
