#!/usr/bin/env bash
# Compiles every C target for arm64, runs its known answers (Tests/CTargets) under qemu and holds them against this
# machine's; then damages the NEON code in one place after the other and expects the answers to notice.
#
# The compiler is the Swift toolchain's clang, as on an arm64 machine (the kernels' vectors are clang's); headers, libraries
# and linker are Debian's cross tools and arm64 packages, unpacked in a cache folder. Where apt has none of this the check
# is skipped, visibly.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${NDC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ndc}/arm64
build=.build-arm64
skip() {
  echo "SKIPPED: $1" >&2
  exit 0
}

[ "$(uname -m)" = x86_64 ] || skip "this is no x86-64 machine; its own tests run the kernels it has"
command -v apt-get >/dev/null || skip "cross tools and arm64 packages come from apt, which this system lacks"

# Debian's cross tools.
tools=(g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
missing=()
for package in "${tools[@]}"; do
  [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" -eq 0 ] || skip "missing ${missing[*]}: install them as root"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >&2 ||
    skip "apt could not install ${missing[*]}"
fi

# Libraries for arm64, with package lists of their own: the system's stay as they are.
root=$cache/root
if [ ! -e "$root/complete" ]; then
  rm -rf "$cache"
  mkdir -p "$cache"/{lists/partial,archives/partial,debs} "$root"
  printf '%s\n' 'APT::Architecture "arm64";' 'APT::Architectures { "arm64"; };' "Dir::State::lists \"$cache/lists\";" \
    'Dir::State::status "/dev/null";' "Dir::Cache \"$cache\";" "APT::Sandbox::User \"\";" >"$cache/apt.conf"
  export APT_CONFIG=$cache/apt.conf
  apt-get update -qq >&2 || skip "apt has no package lists for arm64"
  library=$(apt-cache depends libdnnl-dev | sed -n 's/.*Depends: \(libdnnl[0-9.]*\)$/\1/p')
  (cd "$cache/debs" && apt-get download -qq "$library" libdnnl-dev libpng16-16 libpng-dev libturbojpeg0 libturbojpeg0-dev \
    zlib1g zlib1g-dev libgomp1 >&2) || skip "apt has no arm64 packages"
  for package in "$cache"/debs/*.deb; do dpkg -x "$package" "$root"; done
  # What has no architecture.
  cp -R /usr/include/boost "$root/usr/include/"
  unset APT_CONFIG
  touch "$root/complete"
fi

toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
[ -x "$toolchain/clang" ] || toolchain=$(dirname "$(command -v clang)")
mkdir -p "$build"
include=(-I Sources/CKernels)
for folder in Sources/C*/include; do include+=(-I "$folder"); done
flags=(-O2 -Wall -Wextra -Werror "${include[@]}")
libraries=(-lpng -lturbojpeg -ldnnl -lm -Wl,--unresolved-symbols=ignore-in-shared-libs)
arm=(--target=aarch64-linux-gnu -isystem "$root/usr/include" -isystem "$root/usr/include/aarch64-linux-gnu"
  -L "$root/usr/lib/aarch64-linux-gnu" -Wno-unused-command-line-argument)

# The values that SciPy and mpmath computed, as initialisers.
python3 - "$build" <<'EOF'
import json, sys
values = json.load(open("Tests/StatisticsTests/Fixtures/reference_values.json"))
def write(name, rows):
    with open(f"{sys.argv[1]}/{name}.inc", "w") as file:
        for row in rows: file.write("{" + ", ".join(repr(value) for value in row) + "},\n")
write("bounds", [(r["successes"], r["trials"], r["alpha"], r["value"], int(r["side"] == "upper"))
                 for r in values["bounds"] if r["trials"] <= 100_000])
write("binomials", [(r["successes"], r["trials"], r["probability"], r["value"], int(r["side"] == "upper"))
                    for r in values["binomials"]])
for name in ("quantiles", "normalCDFs"): write(name, [(r["x"], r["value"]) for r in values[name]])
EOF

# object OUTPUT SOURCE FLAGS…
object() {
  local output=$1 source=$2
  shift 2
  case $source in
    *.cpp) "$toolchain/clang++" -std=c++17 "$@" -c "$source" -o "$output" ;;
    *) "$toolchain/clang" -std=gnu17 "$@" -c "$source" -o "$output" ;;
  esac
}

# program FOLDER FLAGS…: every C target and its checks.
program() {
  local folder=$1 source running=0
  shift
  rm -rf "$folder"
  mkdir -p "$folder"
  for source in Sources/C*/*.c Sources/C*/*.cpp Sources/C*/*/*.c Tests/CTargets/*.c; do
    object "$folder/$(echo "$source" | tr '/' '_').o" "$source" "${flags[@]}" -DWITH_LIBRARIES -I "$build" "$@" &
    running=$((running + 1))
    if [ $running -ge "$(nproc)" ]; then
      wait -n
      running=$((running - 1))
    fi
  done
  local job
  for job in $(jobs -p); do wait "$job"; done
  "$toolchain/clang++" "$@" "$folder"/*.o -o "$folder/check" "${libraries[@]}"
}

emulated() { # PROCESSOR PROGRAM ARGUMENTS…
  local processor=$1
  shift
  qemu-aarch64 -cpu "$processor" -L /usr/aarch64-linux-gnu \
    -E LD_LIBRARY_PATH="$root/usr/lib/aarch64-linux-gnu:$root/lib/aarch64-linux-gnu" "$@"
}

echo "compiling for both"
program "$build/host"
program "$build/arm64" "${arm[@]}"
pictures=Tests/DatasetsTests/Fixtures
OMP_NUM_THREADS=1 "$build/host/check" "$pictures" >"$build/host.txt"

# A processor without either kind of dot products, one with those of bytes, one with everything.
for expected in cortex-a57:neon neoverse-n1:neondot max:neonbf16; do
  processor=${expected%:*}
  best=$(emulated "$processor" "$build/arm64/check" sets | tail -1)
  echo "$processor: best set $best"
  [ "$best" = "${expected#*:}" ] || { echo "error: expected ${expected#*:}" >&2; exit 1; }
done
emulated max -E OMP_NUM_THREADS=1 "$build/arm64/check" "$pictures" >"$build/arm64.txt"
diff "$build/host.txt" "$build/arm64.txt" || { echo "error: arm64 (>) differs from this machine (<)" >&2; exit 1; }
echo "arm64: every known answer, and $(wc -l <"$build/arm64.txt") results that are this machine's bit for bit"

# fault NAME FILE PATTERN REPLACEMENT: in a copy, the pattern must be there and its damage be noticed.
fault() {
  local name=$1 file=$2 copy=$build/faulty
  rm -rf "$copy"
  mkdir -p "$copy"
  cp -R Sources/CKernels/. "$copy/"
  sed -i "s/$3/$4/" "$copy/$file"
  if cmp -s "Sources/CKernels/$file" "$copy/$file"; then
    echo "error: nothing in $file to damage: $3" >&2
    exit 1
  fi
  local set objects=()
  for set in $5; do
    object "$copy/$set.o" "$copy/Sets/$set.c" -O1 -I "$copy" "${flags[@]:1}" "${arm[@]}"
    objects+=("$copy/$set.o")
  done
  local kept
  for kept in "$build"/arm64/*.o; do
    for set in $5; do [[ $kept == *_Sets_$set.c.o ]] && continue 2; done
    objects+=("$kept")
  done
  "$toolchain/clang++" "${arm[@]}" "${objects[@]}" \
    -o "$copy/check" "${libraries[@]}"
  if emulated max "$copy/check" >"$copy/output.txt" 2>"$copy/failures.txt"; then
    echo "error: the known answers do not notice: $name" >&2
    exit 1
  fi
  echo "noticed: $name ($(grep -v "failures so far" "$copy/failures.txt" | head -1))"
}
fault "an estimate without Newton's step" Vectors/neon.h 'return vmulq_f32(r, vrecpsq_f32(x, r));' 'return r;' neon
fault "bytes rounded down" Vectors/neon.h 'vcvtnq_u32_f32' 'vcvtmq_u32_f32' neon
fault "the low half of products twice" Vectors/neon.h 'vmull_high_s16(b, a)' 'vmull_s16(vget_low_s16(b), vget_low_s16(a))' neon
fault "bytes taken as they are" Kernels/byte_convolution.inc 'four ^ (int32_t)0x80808080' 'four' neon_dot
fault "halves of bfloat16 exchanged" Vectors/neon_bf16.h \
  'vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(low_f32(x)), high_f32(x))' \
  'vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(high_f32(x)), low_f32(x))' neon_bf16
