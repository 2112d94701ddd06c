#!/usr/bin/env python3
"""Holds every target's imports against its entry in Package.swift, and the entries against the layers of CONTRIBUTING.md.

An import without an entry is a hidden dependency, an entry without an import a dependency that nobody needs; an arrow
that points up is a wall broken.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# From the bottom up: a target may need those of the lines above its own. `ndc` needs the last but one line alone.
LAYERS: list[set[str]] = [
    {"CInstructionSets"},
    {"CBoostMath", "CCurl", "CDNNL", "CFolders", "CKernels", "CMappings", "CNearest", "COpenSSL", "CPictures", "CZlib"},
    {"Basics", "Statistics"},
    {"NumPyFiles", "Pickles", "Noise", "Diffusion", "OneDNN"},
    {"Datasets", "Checkpoints", "Classifiers"},
    {"Certification", "ServedModels", "UNets"},
    {"Records", "Models"},
    {"Runs", "Reports"},
    {"NoisedDiffusionClassifiers"},
    {"ndc"},
]
NDC_NEEDS = {"NoisedDiffusionClassifiers", "Reports", "ArgumentParser"}
IMPORT = re.compile(r"^ *(?:@_exported |@preconcurrency )*import (?:(?:struct|enum|func|class) )?(\w+)", re.MULTILINE)


def dependencies(target: dict) -> set[str]:
    names = set()
    for entry in target["dependencies"]:
        kind = entry.get("byName") or entry.get("product") or entry.get("target")
        names.add(kind[0])
    return names


def main() -> int:
    dump = subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = {target["name"]: target for target in json.loads(dump.stdout)["targets"]}
    rank = {name: level for level, names in enumerate(LAYERS) for name in names}
    external = {"ArgumentParser", "DequeModule"}
    faults = []
    for name, target in targets.items():
        if target["type"] not in ("regular", "executable") or name not in rank:
            continue
        needs = dependencies(target)
        files = list((ROOT / "Sources" / name).rglob("*.swift"))
        imported = {module for file in files for module in IMPORT.findall(file.read_text())}
        for module in sorted((imported & (rank.keys() | external)) - needs - {name}):
            faults.append(f"{name} imports {module}, which Package.swift does not give it")
        if files:
            for module in sorted(needs - imported):
                faults.append(f"{name} has {module} in Package.swift and imports it nowhere")
        for module in sorted(needs & rank.keys()):
            if rank[module] >= rank[name]:
                faults.append(f"{name} may not need {module}: arrows point down (CONTRIBUTING.md, Layers)")
        if name == "ndc" and needs != NDC_NEEDS:
            faults.append(f"ndc needs {', '.join(sorted(needs))}; it may need {', '.join(sorted(NDC_NEEDS))}")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"imports of {len(targets)} targets: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
