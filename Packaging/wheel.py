#!/usr/bin/env python3
"""make wheel: Packaging/wheel.py STAGE OUT writes ndc-VERSION-py3-none-manylinux_X_Y_MACHINE.whl (PEP 427, PEP 600).

STAGE is what Packaging/stage.sh made. X.Y is the C library that the program was linked against.
"""
import base64
import hashlib
import pathlib
import platform
import re
import sys
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
EPOCH = (2024, 1, 1, 0, 0, 0)


def main() -> None:
    stage, out = (pathlib.Path(argument) for argument in sys.argv[1:3])
    text = (REPOSITORY / "Sources/ndc/NDC.swift").read_text()
    match = re.search(r'static let number = "(.*)"', text)
    if not match:
        sys.exit("Sources/ndc/NDC.swift names no version")
    version = match[1]
    major, minor = (stage / "glibc").read_text().strip().split(".")
    tag = f"py3-none-manylinux_{major}_{minor}_{platform.machine()}"
    info = f"ndc-{version}.dist-info"
    files: dict[str, tuple[bytes, int]] = {}
    for path in sorted((REPOSITORY / "Python/ndc").glob("*")):
        if path.suffix in (".py", ".typed"):
            files[f"ndc/{path.name}"] = (path.read_bytes(), 0o644)
    for path in sorted(stage.rglob("*")):
        if path.is_file() and path.name != "glibc":
            mode = 0o755 if path.parent.name == "bin" else 0o644
            files[f"ndc/_program/{path.relative_to(stage)}"] = (path.read_bytes(), mode)
    files[f"{info}/METADATA"] = (
        "\n".join([
            "Metadata-Version: 2.1", "Name: ndc", f"Version: {version}",
            "Summary: Certified robust image classification with diffusion models", "License: Apache-2.0",
            "Requires-Python: >=3.9", "Requires-Dist: numpy>=1.21", "Provides-Extra: pandas",
            'Requires-Dist: pandas; extra == "pandas"', ""]).encode(), 0o644)
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: ndc\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(), 0o644)
    files[f"{info}/entry_points.txt"] = (b"[console_scripts]\nndc = ndc.__main__:main\n", 0o644)
    files[f"{info}/LICENSE"] = ((REPOSITORY / "LICENSE").read_bytes(), 0o644)
    record = []
    for name, (data, _) in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(data)}\n")
    record.append(f"{info}/RECORD,,\n")
    files[f"{info}/RECORD"] = ("".join(record).encode(), 0o644)
    out.mkdir(parents=True, exist_ok=True)
    wheel = out / f"ndc-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, (data, mode) in files.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.external_attr = (0o100000 | mode) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    print(f"wrote {wheel}: {wheel.stat().st_size} bytes")


if __name__ == "__main__":
    main()
