"""What every script of this folder needs before PyTorch can be imported: the environment, the checks, the clock.

Imports nothing but the standard library, so that a script can start under any Python and continue in the environment.
"""

import contextlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
# What each package is imported and installed as.
PACKAGES = {"torch": "torch", "numpy": "numpy", "openvino": "openvino", "nncf": "nncf"}
# The share of the processors that others may use before a ratio is void.
FOREIGN = 0.05
# How far below an expected rate a peer may fall before the machine counts as busy.
SLACK = 0.15


def environment(packages=("torch", "numpy")):
    """The environment's folder and interpreter, made on first use, with these packages in it."""
    folder = pathlib.Path(os.environ.get("NDC_VENV", "~/.cache/ndc-peer-venv")).expanduser().resolve()
    if REPOSITORY == folder or REPOSITORY in folder.parents:
        sys.exit(f"NDC_VENV={folder} lies in the repository")
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    find = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if not u.find_spec(n)])"
    probe = subprocess.run([python, "-c", find, *packages], capture_output=True, text=True, check=True)
    missing = probe.stdout.split()
    if missing:
        print(f"installing {' '.join(missing)} (a large download, once)", file=sys.stderr)
        wanted = [PACKAGES[name] for name in missing]
        if subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted]).returncode:
            sys.exit(
                f"{' '.join(wanted)} could not be installed in {folder}; install them there, "
                "or leave OpenVINO out with --peers torch"
            )
    return folder, python


def enter(packages=("torch", "numpy")):
    """Continues the running script in the environment; returns the environment's folder and interpreter."""
    folder, python = environment(packages)
    if pathlib.Path(sys.prefix).resolve() != folder:
        sys.stdout.flush()
        os.execv(python, [str(python), str(pathlib.Path(sys.argv[0]).resolve()), *sys.argv[1:]])
    return folder, python


def shared():
    return pathlib.Path(os.environ.get("NDC_SHARED", REPOSITORY.parent / "shared"))


def resources():
    """The folder with the bundled model and data: the one that `ndc` would take."""
    return pathlib.Path(os.environ.get("NDC_RESOURCES", REPOSITORY / "Resources"))


def bundled_model():
    return resources() / "models/edm-mnist-32x32-cond.safetensors"


def check_network(python, named=None, threads=2, kind="edm"):
    """Stops unless the PyTorch network gives the recorded outputs of the original one; `kind` is edm or families."""
    recorded = named or shared() / "fixtures" / kind
    if not recorded.is_dir() and kind != "edm":
        print(f"{recorded} is absent: the PyTorch network is held against nothing")
        return
    if not named and not recorded.is_dir():
        print(f"{recorded} is absent: checking against this network's own earlier outputs, which shows changes only")
        recorded = REPOSITORY / "Tests/UNetsTests/Fixtures"
    print(f"checking the PyTorch network on {recorded}", flush=True)
    if subprocess.run([python, HERE / "check_parity.py", recorded, "--threads", str(threads)]).returncode:
        sys.exit("the PyTorch network does not agree with the recorded outputs: nothing was timed")


def executable(path):
    if not path.exists():
        sys.exit(f"{path} is missing: swift build -c release, or name it with --ndc")
    return path


def processor_flags():
    return set(pathlib.Path("/proc/cpuinfo").read_text().split())


def has_bf16():
    """Instructions for it: without them every framework emulates bf16, at a hundredth of the speed."""
    return bool(processor_flags() & {"avx512_bf16", "amx_bf16"})


def has_vnni():
    return bool(processor_flags() & {"avx512_vnni", "avx_vnni"})


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "a processor")
    sets = [s for s in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8") if s in processor_flags()]
    return f"{os.cpu_count()} × {name} ({' '.join(sets)})"


class Foreign:
    """How much of the processors everybody else used: a comparison on a busy machine is none."""

    def __init__(self):
        self.start = self.now()

    @staticmethod
    def now():
        ticks = os.sysconf("SC_CLK_TCK")
        fields = [int(f) / ticks for f in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        user, nice, system, _, _, irq, softirq, steal = fields
        own = 0.0
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
            usage = resource.getrusage(who)
            own += usage.ru_utime + usage.ru_stime
        return time.perf_counter(), user + nice + system + irq + softirq + steal - own

    def share(self):
        """Of all processors' time since the start, the part that neither this process nor its children had."""
        (then, before), (now, after) = self.start, self.now()
        return max(0.0, after - before) / ((now - then) * os.cpu_count())


def verdict_on(share):
    """A line on how idle the machine was, and whether that will do."""
    idle = share <= FOREIGN
    void = "" if idle else f": more than {FOREIGN:.0%}, every ratio is void"
    return f"other processes used {share:.1%} of the processors during the timed rounds{void}", idle


class Measured:
    """What one run of a program took: its output, wall clock in seconds and peak memory in GiB."""

    def __init__(self, command):
        self.peak, start = 0.0, time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
        watch = threading.Thread(target=self.watch, args=(process.pid,), daemon=True)
        watch.start()
        self.text, _ = process.communicate()
        self.wall = time.perf_counter() - start
        watch.join()
        if process.returncode:
            sys.exit(f"{' '.join(str(part) for part in command)} failed with status {process.returncode}")

    def watch(self, pid):
        """The kernel's high-water mark. That of wait4 would include this process, which the child began as."""
        with contextlib.suppress(OSError):
            while True:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                marks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
                if not marks:
                    return
                self.peak = int(marks[0]) / 2**20
                time.sleep(0.05)

    @property
    def json(self):
        return json.loads(self.text)


@contextlib.contextmanager
def elapsed(what):
    """Says on stderr how long a step of preparation took."""
    start = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
