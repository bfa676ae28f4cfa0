"""Trains a small convolutional encoder on an EcgData stream, and can be killed at any time.

    ecgdata stream CORPUS --subset 18k.json --to - --from state/position | python3 train.py state

After each batch the weights and the optimiser go into state/ as a file that names their position, and then the position into
state/position, which --from takes and which says what counts. Killed at any moment, the same command goes on with the crop that
follows the last one trained on; another --batch is fine. state/seen.txt has a line per crop that was trained on.

The task is small on purpose: tell the crop's four hidden samples per token from what is around them.
"""
import argparse
import glob
import json
import os
import sys

import torch
from torch import nn

from ecg_stream import open_stream


class Encoder(nn.Module):
    """float[batch, leads, samples] -> float[batch, leads, samples]: fills in what is hidden."""

    def __init__(self, leads, width=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(leads, width, 9, padding=4), nn.GELU(), nn.Conv1d(width, width, 9, padding=4), nn.GELU(),
            nn.Conv1d(width, leads, 1))

    def forward(self, crops):
        return self.layers(crops)


class State:
    """Weights, optimiser and how long the list of seen crops was, in a file of its own for each position; which of them counts, says the
    file with the position, which is replaced as a whole. Whenever the kill comes, the two belong together."""

    def __init__(self, folder, encoder):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.position_file = folder, os.path.join(folder, "position")
        self.encoder, self.optimiser = encoder, torch.optim.AdamW(encoder.parameters(), lr=1e-3)
        self.position, self.step, length = None, 0, 0
        if os.path.exists(self.position_file):
            with open(self.position_file) as file:
                self.position = json.load(file)["position"]
            kept = torch.load(self.weights_file(self.position))
            encoder.load_state_dict(kept["encoder"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.step, length = kept["step"], kept["seen"]
        for file in glob.glob(self.weights_file("*")):
            if file != self.weights_file(self.position):   # written when the kill came, or not taken away any more
                os.remove(file)
        self.seen = open(os.path.join(folder, "seen.txt"), "a+")
        self.seen.truncate(length)   # what was written after the last position did not count

    def weights_file(self, position):
        return os.path.join(self.folder, f"weights-{position}.pt")

    def write(self, batch):
        for record, position in zip(batch.record_id, batch.columns["position"]):
            self.seen.write(f"{position} {record}\n")
        self.seen.flush()
        before, self.position, self.step = self.position, batch.next_position, self.step + 1
        kept = {
            "encoder": self.encoder.state_dict(), "optimiser": self.optimiser.state_dict(), "step": self.step, "seen": self.seen.tell(),
        }
        replace(self.weights_file(self.position), lambda file: torch.save(kept, file))
        replace(self.position_file, lambda file: file.write(batch.state.encode()))
        if before is not None:
            os.remove(self.weights_file(before))


def replace(path, write):
    with open(path + ".new", "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("state", help="folder of the weights and the position")
    parser.add_argument("--stream", default="-", help="'-', unix:/path, tcp://127.0.0.1:PORT or a file")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)

    stream = open_stream(arguments.stream)
    state = State(arguments.state, Encoder(len(stream.leads)))
    loss = None
    for batch in stream:
        if state.position is not None and batch.position != state.position:
            sys.exit(f"train.py: the stream begins at position {batch.position}, the state ends at {state.position}. "
                     f"Stream with --from {state.position_file}, or name another folder.")
        # torch wants memory that it may write to; the batch's is ours
        crops, present = torch.from_numpy(batch.signal), torch.from_numpy(batch.lead_mask)
        hidden = torch.zeros_like(crops)
        hidden[:, :, ::8] = 1
        counted = hidden * present[:, :, None] * torch.from_numpy(~batch.gap_mask)
        error = (state.encoder(crops * (1 - hidden)) - crops) ** 2
        loss = (error * counted).sum() / counted.sum().clamp(min=1)
        state.optimiser.zero_grad()
        loss.backward()
        state.optimiser.step()
        state.write(batch)
        print(f"step {state.step} position {state.position} of {batch.items} loss {loss.item():.6f}", flush=True)
    print("epoch finished" if stream.finished else f"the stream stopped; resume with --from {state.position_file}", flush=True)
    sys.exit(0 if stream.finished else 1)


if __name__ == "__main__":
    main()
