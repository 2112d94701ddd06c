"""A classifier in torchvision's style: a ResNet-18 for CIFAR-10, normalisation inside, weights from a state dict.

    pip install torchvision
    serve.py examples/torchvision_classifier.py --weights model.pt --name classifier
    ndc certify --method classifier --model http://127.0.0.1:8000/v2/models/classifier …

Noise is added in pixels, before the normalisation: that is why it belongs to the served model. Trained under
noise, this is Cohen et al.'s method; with `torchvision.models.resnet50` and 224 pixels, theirs for ImageNet.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


class Normalised(nn.Module):
    """Pixels [0, 1] to logits."""

    def __init__(self, network: nn.Module, image_shape: tuple[int, int, int], classes: int):
        super().__init__()
        self.network, self.image_shape, self.classes = network, image_shape, classes
        self.register_buffer("mean", torch.tensor(MEAN).view(1, -1, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, -1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.network((x - self.mean) / self.deviation)


def model(weights: Path) -> Normalised:
    import torchvision

    network = torchvision.models.resnet18(num_classes=10)
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return Normalised(network, (3, 32, 32), 10)
