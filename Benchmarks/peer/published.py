"""Published networks at full size with random weights, each written in its original layout."""

import json
import pathlib

import torch

import paths  # noqa: F401
from networks import edm2_network, edm_network, openai_unet


def is_openai(name):
    return name in openai_unet.NAMED


def is_edm2(name):
    return name in edm2_network.NAMED


def names():
    return sorted({**edm_network.NAMED, **edm2_network.NAMED, **openai_unet.NAMED})


def random_denoiser(name):
    """The network in PyTorch, the same at every call."""
    if is_openai(name):
        return openai_unet.random_denoiser(name)
    if not is_edm2(name):
        return edm_network.random_network(name)
    denoiser = edm2_network.random_network(name)
    # The files hold halves.
    for tensor in [*denoiser.parameters(), *denoiser.buffers()]:
        tensor.copy_(tensor.half())
    return denoiser


def bytes_of(name):
    """Of the weights in float32, without making them."""
    with torch.device("meta"):
        if is_openai(name):
            network = openai_unet.OpenAIUNet(openai_unet.NAMED[name])
        elif is_edm2(name):
            network = edm2_network.Denoiser(edm2_network.NAMED[name])
        else:
            network = edm_network.Denoiser(edm_network.NAMED[name])
    return 4 * edm_network.parameter_count(network)


def for_inference(name):
    denoiser = random_denoiser(name)
    if is_edm2(name):
        edm2_network.fold(denoiser)
    return denoiser


def save(name, denoiser, path):
    """Appears under its name when it is complete."""
    partial = path.with_suffix(".partial")
    if is_openai(name):
        torch.save(denoiser.model.state_dict(), partial)
    elif is_edm2(name):
        import edm2_pickle_writer
        from edm_pickle_writer import Layout

        edm2_pickle_writer.write(denoiser, partial, Layout(dtype=torch.float16))
    else:
        import edm_pickle_writer

        edm_pickle_writer.write(denoiser, partial)
    partial.rename(path)


def written(name, folder):
    """The checkpoint's path, made if it is not there, and its network, ready to be timed."""
    denoiser = random_denoiser(name)
    path = pathlib.Path(folder) / f"{name}{'.pt' if is_openai(name) else '.pkl'}"
    if not path.exists():
        save(name, denoiser, path)
    if is_openai(name):
        path.with_suffix(".json").write_text(json.dumps(openai_unet.NAMED[name].description(), indent=2))
    if is_edm2(name):
        edm2_network.fold(denoiser)
    return path, denoiser
