"""Reads and writes .safetensors as ndc does: the architecture is in the metadata, the tensors have EDM's names."""

import json
import math
import pathlib
import re
import struct

import torch

from . import edm2_network, edm_network, edm_pickle
from .edm_network import CONSTANTS, Architecture, loaded
from .multihead import MultiHeadArchitecture, OneHead

ELEMENT_TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
LARGEST_HEADER = 100 << 20
# What ndc calls the constants of a preconditioner, in the order of CONSTANTS.
CONSTANT_NAMES = {
    "EDMPrecond": {"sigma_data": "sigmaData"},
    "VPPrecond": {"beta_d": "betaD", "beta_min": "betaMin", "M": "steps"},
    "VEPrecond": {},
    "iDDPMPrecond": {"C_1": "c1", "C_2": "c2", "M": "steps"},
}
NETWORK_NAMES = {
    "labelDimension": "label_dim",
    "augmentDimension": "augment_dim",
    "modelChannels": "model_channels",
    "channelMultipliers": "channel_mult",
    "embeddingMultiplier": "channel_mult_emb",
    "blocks": "num_blocks",
    "attentionResolutions": "attn_resolutions",
    "embedding": "embedding_type",
    "noiseEmbeddingMultiplier": "channel_mult_noise",
    "encoder": "encoder_type",
    "decoder": "decoder_type",
    "resampleFilter": "resample_filter",
}


def header(path):
    """The entries and the metadata of a .safetensors file, and where its data begin."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > LARGEST_HEADER:
            raise ValueError(f"{path}: a header of {length} bytes")
        entries = json.loads(file.read(length))
    return entries, entries.pop("__metadata__", {}), 8 + length


def is_quantized(path):
    """Has `ndc quantize` left its ranges in this file?"""
    return pathlib.Path(path).suffix == ".safetensors" and "ndc.quantization" in header(path)[1]


def architecture_of(metadata, path):
    if "ndc.architecture" not in metadata:
        raise ValueError(f"{path}: no ndc.architecture in its metadata; ndc convert writes it")
    described = json.loads(metadata["ndc.architecture"])
    network, preconditioning = described["network"], described["preconditioning"]
    precond = f"{preconditioning['kind']}Precond"
    constants = {k: preconditioning[CONSTANT_NAMES[precond][k]] for k in CONSTANTS[precond]}
    options = {ours: network[theirs] for theirs, ours in NETWORK_NAMES.items() if theirs in network}
    return Architecture.of(
        precond, network=network["kind"], img_resolution=described["imageResolution"],
        img_channels=described["imageChannels"], constants=constants, **options,
    )  # fmt: skip


def multihead_architecture(described):
    """The architecture of a MultiHeadUNet from `ndc.architecture`; ValueError for another kind."""
    network = described["network"]
    if network["kind"] != "MultiHeadUNet":
        raise ValueError(f"a {network['kind']}, not a MultiHeadUNet")
    return MultiHeadArchitecture(
        img_resolution=network["imageResolution"], img_channels=network["imageChannels"],
        label_dim=network["labelDimension"], patch=network["patch"], channels=tuple(network["channels"]),
        encoder_blocks=tuple(network["encoderBlocks"]), decoder_blocks=tuple(network["decoderBlocks"]),
        noise_channels=network["noiseChannels"], embedding=network["embeddingChannels"],
        sigma_data=described["preconditioning"]["sigmaData"],
    )  # fmt: skip


def multihead_description(a):
    """The `ndc.architecture` of a multi-head denoiser: what `multihead_architecture` reads."""
    return {
        "imageChannels": a.img_channels,
        "imageResolution": a.img_resolution,
        "labelDimension": a.label_dim,
        "network": {
            "kind": "MultiHeadUNet",
            "imageResolution": a.img_resolution,
            "imageChannels": a.img_channels,
            "labelDimension": a.label_dim,
            "patch": a.patch,
            "channels": list(a.channels),
            "encoderBlocks": list(a.encoder_blocks),
            "decoderBlocks": list(a.decoder_blocks),
            "noiseChannels": a.noise_channels,
            "embeddingChannels": a.embedding,
        },
        "preconditioning": {"kind": "EDM", "sigmaData": a.sigma_data},
    }


def encoded(value):
    """As ndc writes its metadata: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def tensors_of(path):
    """The tensors of any .safetensors file by name, and its metadata."""
    entries, metadata, begin = header(path)
    data = memoryview(bytearray(pathlib.Path(path).read_bytes()))[begin:]
    tensors = {}
    for name, entry in entries.items():
        first, last = entry["data_offsets"]
        kind, count = ELEMENT_TYPES[entry["dtype"]], math.prod(entry["shape"])
        if not 0 <= first <= last <= len(data) or last - first != count * kind.itemsize:
            raise ValueError(f"{path}: {name} has bytes {first} to {last} for {count} elements of {entry['dtype']}")
        tensors[name] = torch.frombuffer(data[first:last], dtype=kind).reshape(entry["shape"])
    return tensors, metadata


def write(path, tensors, metadata):
    """A .safetensors file, renamed into place: the length of the header, the header padded to 8 bytes, the tensors."""
    names = {t: n for n, t in ELEMENT_TYPES.items()}
    head = {"__metadata__": dict(sorted(metadata.items()))}
    blocks, offset = [], 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
        block = tensor.detach().cpu().flatten().view(torch.uint8).numpy().tobytes()
        head[name] = {
            "dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + len(block)]
        }  # fmt: skip
        blocks.append(block)
        offset += len(block)
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for block in blocks:
            file.write(block)
    partial.replace(path)


def load_safetensors(path):
    tensors, metadata = tensors_of(path)
    described = json.loads(metadata.get("ndc.architecture", "{}"))
    if described.get("network", {}).get("kind") != "MultiHeadUNet":
        return loaded(architecture_of(metadata, path), tensors)
    network = OneHead(multihead_architecture(described))
    network.load_state_dict({name: tensor.to(torch.float32) for name, tensor in tensors.items()}, strict=True)
    return network.eval().requires_grad_(False)


def load_pickle(path):
    """A denoiser from a .pkl of EDM or EDM2."""
    family = edm2_network if edm_pickle.load(path).class_name == "Precond" else edm_network
    return family.load_pickle(path)


def load(path):
    """A denoiser from a .pkl of EDM or EDM2, or from ndc's .safetensors."""
    return load_safetensors(path) if re.search(r"\.safetensors$", str(path)) else load_pickle(path)
