#!/usr/bin/env bash
# Makes Fuzz/Corpus anew but for its regression-* files: small valid and broken inputs of every format, from the tests'
# fixtures and from the tool itself (.build/release/ndc). Needs python3.
set -euo pipefail
cd "$(dirname "$0")/.."
corpus=$PWD/Fuzz/Corpus
ndc=$PWD/.build/release/ndc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# seed TARGET FILE…: copies those of at most 16 KiB.
seed() {
  local target=$1
  shift
  mkdir -p "$corpus/$target"
  for file in "$@"; do
    if [ "$(stat -c %s "$file")" -le 16384 ]; then cp "$file" "$corpus/$target/$(basename "$file")"; fi
  done
}

# Made by hand: cifar-100's two (a pickle and a binary, of one picture and two), a whole multi-head network.
find "$corpus" -type f ! -name 'regression-*' ! -path '*/cifar-100/*' ! -name multi-head -delete 2>/dev/null || true
fixtures=Tests
seed pickle $fixtures/PicklesTests/Fixtures/{values-*,cycle,objects-array}.pkl
seed checkpoint $fixtures/CheckpointsTests/Fixtures/tiny-{2,4,bfloat16,double,half,old,shared,storage-view,untyped,vp}.pkl \
  $fixtures/CheckpointsTests/Fixtures/bad-{cycle,deep,strides,view}.pkl \
  $fixtures/CheckpointsTests/Fixtures/edm2-{2,4,options,positional}.pkl \
  $fixtures/CheckpointsTests/Fixtures/bad-edm2-{heads,huge,latent,levels}.pkl
seed npy $fixtures/NumPyFilesTests/Fixtures/{little-c-{f2,f4,u1,i8},big-fortran-f4,version-2,scalar,objects,structured}.npy
seed npz $fixtures/NumPyFilesTests/Fixtures/{stored,deflated,zip64}.npz $fixtures/DatasetsTests/Fixtures/{bytes,float}.npz
seed idx $fixtures/DatasetsTests/Fixtures/*-ubyte*
seed png $fixtures/DatasetsTests/Fixtures/*.png
seed jpeg $fixtures/DatasetsTests/Fixtures/*.jpg
seed cifar-pickle $fixtures/PicklesTests/Fixtures/batch-python*.pkl
seed imagenet $fixtures/DatasetsTests/Fixtures/imagenet/8 $fixtures/DatasetsTests/Fixtures/imagenet/8.npz
seed published Docs/published-results.json
# State dictionaries, descriptions and folders of diffusers, which their fixtures' maker leaves there.
python3 $fixtures/CheckpointsTests/Fixtures/make_state_dictionaries.py > /dev/null

"$ndc" convert $fixtures/UNetsTests/Fixtures/tiny-ddpmpp-edm/model.pkl "$work/whole.safetensors" > /dev/null
"$ndc" certify --count 3 --samples 40 --selection-samples 5 --alpha 0.1 --sigma 0.25 --levels 2 4 --out "$work/fixed" > /dev/null 2>&1
"$ndc" certify --count 2 --samples 60 --selection-samples 5 --alpha 0.1 --preset fast --target-radius 0.1 --out "$work/anytime" > /dev/null 2>&1
for run in fixed anytime; do
  mkdir -p "$corpus/run" "$corpus/records" "$corpus/table"
  cp "$work/$run/records.jsonl" "$corpus/records/$run"
  cp "$work/$run/certified.tsv" "$corpus/table/$run.tsv"
done

python3 - "$corpus" "$work" <<'EOF'
import gzip, json, pathlib, pickletools, struct, sys

corpus, work = map(pathlib.Path, sys.argv[1:])
for run in ("fixed", "anytime"):
    parts = [(work / run / name).read_bytes() for name in ("run.json", "records.jsonl", "certified.tsv")]
    (corpus / "run" / run).write_bytes(b"\0".join(parts))
# The tool's own header, with the first three tensors only.
data = (work / "whole.safetensors").read_bytes()
length = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8 : 8 + length])
kept = dict(sorted((k, v) for k, v in header.items() if k != "__metadata__")[:3])
values, position = b"", 0
for tensor in kept.values():
    start, end = tensor["data_offsets"]
    values += data[8 + length + start : 8 + length + end]
    tensor["data_offsets"] = [position, len(values)]
    position = len(values)
text = json.dumps({"__metadata__": header["__metadata__"], **kept}, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
(corpus / "safetensors").mkdir(exist_ok=True)
(corpus / "safetensors" / "three-tensors").write_bytes(struct.pack("<Q", len(text)) + text + values)
# The legacy torch archives inside a checkpoint.
(corpus / "torch-archive").mkdir(exist_ok=True)
for name in ("tiny-4", "tiny-half", "tiny-untyped", "tiny-storage-view"):
    data = pathlib.Path(f"Tests/CheckpointsTests/Fixtures/{name}.pkl").read_bytes()
    archives = [a for _, a, _ in pickletools.genops(data) if isinstance(a, bytes) and a.startswith(b"\x80\x02\x8a\x0a")]
    (corpus / "torch-archive" / name).write_bytes(archives[-1])
(corpus / "gzip").mkdir(exist_ok=True)
for file in ("Tests/NumPyFilesTests/Fixtures/two-members.gz", "Tests/DatasetsTests/Fixtures/zipped-images-idx3-ubyte.gz"):
    data = pathlib.Path(file).read_bytes()
    (corpus / "gzip" / pathlib.Path(file).name).write_bytes(struct.pack("<I", len(gzip.decompress(data))) + data)
(corpus / "cifar-binary").mkdir(exist_ok=True)
(corpus / "cifar-binary" / "two.bin").write_bytes(b"".join(bytes([label]) + bytes(i % 251 for i in range(3072)) for label in (3, 9)))
(corpus / "calibration").mkdir(exist_ok=True)
(corpus / "calibration" / "one.json").write_text(
    '{"format":"ndc-calibration-2","model":"' + "ab" * 32 + '","entries":[{"sigma":0.5,"method":"apndc","images":20,'
    '"accuracy":0.9,"evaluationsPerVote":12.5,"levels":[{"sigma":1.5,"weight":0.1},{"sigma":3,"weight":2,"amplitude":0}],'
    '"race":{"order":[1,0],"margins":[0.5,null]}}],"notes":"n"}')
(corpus / "calibration" / "levels.json").write_text(
    '{"format":"ndc-calibration-1","levels":[{"sigma":2.1,"weight":0.3},{"sigma":4,"weight":0}],"notes":"n"}')
(corpus / "indices").mkdir(exist_ok=True)
(corpus / "indices" / "some.txt").write_text("# images\n3\n\n17\n2\n")
(corpus / "table" / "cohen.tsv").write_text(
    "idx\tlabel\tpredict\tradius\tcorrect\ttime\n0\t3\t3\t0.83\t1\t0:00:01.5\n20\t7\t-1\t0.0\t0\t12.25\n40\t1\t2\t0.125\t0\t0:01:00\n")
EOF
find "$corpus" -type f | wc -l
du -sh "$corpus" | cut -f1
