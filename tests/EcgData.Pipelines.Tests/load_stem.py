"""Loads the stem of an exported encoder into plain PyTorch and prints what it makes of a wave: test of an export, with nothing of ours.

The reading of safetensors is what its specification says: eight bytes of length, a JSON header, the values.
"""
import json
import struct
import sys

import torch

TYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}


def load(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        state[name] = torch.frombuffer(data[begin:end], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
    return state


def stem(leads, width):
    return torch.nn.Sequential(*(
        torch.nn.Sequential(
            torch.nn.Conv1d(leads if stage == 0 else width, width, 3 if stage == 0 else 1, stride=2 if stage == 0 else 1,
                            padding=1 if stage == 0 else 0, bias=False),
            torch.nn.BatchNorm1d(width),
            torch.nn.ReLU())
        for stage in range(4)))


path, names = sys.argv[1:]
state = load(path)
if names == "study":
    prefix = "ts_encoder.encoder.layers."
    own = {name[len(prefix):]: value for name, value in state.items() if name.startswith(prefix)}
else:
    prefix = "encoder.stem.stages."
    own = {name[len(prefix):].replace("conv", "0").replace("norm", "1"): value for name, value in state.items() if name.startswith(prefix)}
width, leads, _ = own["0.0.weight"].shape
model = stem(leads, width).eval()
model.load_state_dict(own, strict=True)
samples = 60
wave = torch.sin(torch.arange(leads * samples, dtype=torch.float32) * 0.37).reshape(1, leads, samples)
with torch.no_grad():
    print(json.dumps(model(wave)[0].T.flatten().tolist()))
