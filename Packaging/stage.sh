#!/usr/bin/env bash
# Packaging/stage.sh FOLDER: a release of what `swift build -c release --product ndc` built, as bin/, lib/, share/ndc/ and
# licenses/ under FOLDER.
#
# The program's objects are linked once more: the Swift runtime, libpng, libjpeg-turbo, zlib and libcrypto statically, oneDNN
# and what it needs as libraries in lib/ (found by an rpath, theirs included), libcurl not at all (curl.c). What remains is the C and the
# C++ library.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(uname -s)" = Linux ] || { echo "releases are made on Linux" >&2; exit 1; }
stage=${1:?"usage: Packaging/stage.sh FOLDER"}
build=$(readlink -f .build/release)
objects=$build/ndc.product/Objects.LinkFileList
[ -e "$objects" ] || { echo "build first: swift build -c release --product ndc" >&2; exit 1; }
rm -rf "$stage"
mkdir -p "$stage"/{bin,lib,share/ndc,licenses}

clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang
"$clang" -O2 -Wall -Wextra -Werror -c Packaging/curl.c -o "$build/release-curl.o"

prefix=${NDC_PREFIX:-}
search=()
[ -z "$prefix" ] || search=(-L "$prefix/lib" -L "$prefix/lib/x86_64-linux-gnu")
multiarch=$("$clang" -print-multiarch 2>/dev/null || true)
[ -n "$multiarch" ] || multiarch=$(uname -m)-linux-gnu
# archive NAME: the static library, or the option that links the shared one, which is then brought along.
archive() {
  local folder
  for folder in ${prefix:+"$prefix/lib" "$prefix/lib/$multiarch"} "/usr/lib/$multiarch" /usr/lib64 /usr/lib; do
    [ -e "$folder/lib$1.a" ] && { echo "$folder/lib$1.a"; return; }
  done
  echo "-l$1"
}
# Before the objects' own -lpng and the like are looked up, so that those find nothing left to do.
libraries=()
for name in png16 turbojpeg z crypto; do libraries+=("$(archive $name)"); done
# Objects name the libraries they want (autolinking). An empty one of that name satisfies curl's.
empty=$build/release-empty
rm -rf "$empty" && mkdir -p "$empty"
for name in curl png turbojpeg z crypto; do ar cr "$empty/lib$name.a"; done
swiftc -static-stdlib -emit-executable "@$objects" "$build/release-curl.o" -L "$empty" "${search[@]}" \
  "${libraries[@]}" -ldnnl -lm -lstdc++ \
  -lFoundation -lFoundationInternationalization -lFoundationEssentials -lCoreFoundation -l_FoundationICU -l_FoundationCShims \
  -l_FoundationCollections -lswiftSynchronization -lswiftDispatch -ldispatch -lBlocksRuntime -o "$stage/bin/ndc" \
  -Xlinker --defsym=main=ndc_main -Xlinker --gc-sections -Xlinker -rpath -Xlinker "\$ORIGIN/../lib" -Xlinker --disable-new-dtags
strip --strip-unneeded "$stage/bin/ndc"

# What every Linux with a C and C++ library has.
system='^(linux-vdso|ld-linux.*|libc|libm|libdl|libpthread|librt|libresolv|libgcc_s|libstdc\+\+)\.so'
LD_LIBRARY_PATH=${prefix:+$prefix/lib:$prefix/lib/$multiarch} ldd "$stage/bin/ndc" | awk '$2 == "=>" {print $1, $3}' |
  while read -r name path; do
    [[ $name =~ $system ]] && continue
    [ -e "$path" ] || { echo "error: $name is not found" >&2; exit 1; }
    cp -L "$path" "$stage/lib/$name"
    chmod 644 "$stage/lib/$name"
    echo "$path" >>"$stage/licenses/brought"
  done
cp -R Resources/. "$stage/share/ndc/"
cp LICENSE "$stage/"
toolchain=$(dirname "$(dirname "$clang")")
cp "$toolchain"/share/swift/LICENSE.txt "$stage/licenses/swift.txt"
# Debian keeps every package's terms beside its documentation.
terms() {
  local package=${1%%:*}
  [ -e "/usr/share/doc/$package/copyright" ] && cp -L "/usr/share/doc/$package/copyright" "$stage/licenses/$package.txt"
}
if command -v dpkg-query >/dev/null; then
  owners=$(while read -r path; do dpkg-query -S "$(readlink -f "$path")" 2>/dev/null | cut -d: -f1; done \
    <"$stage/licenses/brought" | sort -u)
  for package in $owners libpng-dev libturbojpeg0-dev zlib1g-dev libssl-dev libboost-math-dev; do terms "$package" || true; done
fi
rm -f "$stage/licenses/brought"

# The oldest C library that has every symbol used is what is named.
needed=$(objdump -T "$stage/bin/ndc" "$stage"/lib/* | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -1 | cut -d_ -f2)
linked=$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)
echo "$linked" >"$stage/glibc"
echo "$stage: needs glibc $needed, linked against $linked; program $(stat -c %s "$stage/bin/ndc") bytes" >&2
