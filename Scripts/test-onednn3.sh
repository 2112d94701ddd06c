#!/usr/bin/env bash
# Builds against oneDNN 3 and runs the tests of networks and models against its oldest and its newest build on PyPI:
# Scripts/test-onednn3.sh [ARGUMENTS OF swift test].
#
# 3.2 runs on OpenMP, as distributions' builds do; 3.13 is built over SYCL and brings what that needs. Both stay in a cache
# folder, the products in .build-onednn3; neither the manifest nor the system is touched.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${NDC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ndc}/onednn3
skip() {
  echo "SKIPPED: $1" >&2
  exit 0
}
[ "$(uname -sm)" = "Linux x86_64" ] || skip "PyPI's builds of oneDNN are for x86-64 Linux"

# unpacked NAME DEPENDENCIES PACKAGE…: their libraries and headers in $cache/NAME/lib and include.
unpacked() {
  local name=$1 dependencies=$2
  shift 2
  [ -e "$cache/$name/complete" ] && return
  rm -rf "${cache:?}/$name"
  mkdir -p "$cache/$name/wheels"
  python3 -m pip download -q --disable-pip-version-check $dependencies --only-binary :all: -d "$cache/$name/wheels" "$@" >&2 ||
    return 1
  python3 - "$cache/$name" <<'EOF'
import pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[1])
for wheel in (folder / "wheels").glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            # PACKAGE.data/data/lib/… and include/….
            parts = pathlib.PurePosixPath(member).parts
            if len(parts) < 4 or parts[1] != "data" or parts[2] not in ("lib", "include") or member.endswith("/"): continue
            # Compilers and the copies that stand for symbolic links.
            if parts[3] in ("clang", "libdnnl.so", "libdnnl.so.3.2", "libdnnl.so.3.13"): continue
            target = folder.joinpath(*parts[2:])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
EOF
  ln -sf libdnnl.so.3 "$cache/$name/lib/libdnnl.so"
  rm -r "$cache/$name/wheels"
  touch "$cache/$name/complete"
}
unpacked 3.2 --no-deps onednn-cpu-gomp==2023.2.0 onednn-devel-cpu-gomp==2023.2.0 || skip "PyPI cannot be reached"
unpacked 3.13 "" onednn==2026.1.0 onednn-devel==2026.1.0 || skip "PyPI cannot be reached"

# The oldest version's headers must do too.
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
"$clang" -Wall -Wextra -Werror -fsyntax-only -I "$cache/3.2/include" -I Sources/CDNNL/include Sources/CDNNL/shim.c

export NDC_TESTS=${NDC_TESTS:-UNets,Models} NDC_STRICT=1
options=(-c release --scratch-path .build-onednn3)
# The system's own library would come before LIBRARY_PATH.
CPATH=$cache/3.13/include swift build "${options[@]}" -Xlinker "-L$cache/3.2/lib" --build-tests >&2

opencl=$(find "$cache/3.13/lib" -name 'libintelocl.so.*' | head -1)
for version in 3.2 3.13; do
  echo "== oneDNN $version"
  NDC_ONEDNN=$version OCL_ICD_FILENAMES=$opencl LD_LIBRARY_PATH=$cache/$version/lib \
    swift test "${options[@]}" --skip-build "$@"
done
