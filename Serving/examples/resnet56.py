"""ResNet-56 for CIFAR-10 (He et al. 2015, §4.2) from a .safetensors file: an off-the-shelf classifier of clean images.

serve.py examples/resnet56.py --weights resnet56-cifar10.safetensors --name resnet
ndc certify --method denoise-classify --model cifar10 --classifier http://127.0.0.1:8000/v2/models/resnet …
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.ndc_safetensors import tensors_of


class Block(nn.Module):
    """Two convolutions and a shortcut; where the width doubles, of every second pixel with zeros in new channels."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.widens = outputs > inputs
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=2 if self.widens else 1, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.widens:
            added = h.shape[1] - x.shape[1]
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, added // 2, added - added // 2))
        return F.relu(h + x)


class ResNet56(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.image_shape, self.classes = (3, 32, 32), 10
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(Block(16, 16) for _ in range(9)))
        self.layer2 = nn.Sequential(Block(16, 32), *(Block(32, 32) for _ in range(8)))
        self.layer3 = nn.Sequential(Block(32, 64), *(Block(64, 64) for _ in range(8)))
        self.linear = nn.Linear(64, 10)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.bn1(self.conv1((x - self.mean) / self.deviation)))
        return self.linear(self.layer3(self.layer2(self.layer1(h))).mean(dim=(2, 3)))


def model(weights: Path) -> ResNet56:
    tensors, _ = tensors_of(weights)
    network = ResNet56()
    missing, unexpected = network.load_state_dict(tensors, strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise ValueError(f"{weights}: not ResNet-56's tensors: lacks {missing[:3]}, has {unexpected[:3]} beside")
    return network
