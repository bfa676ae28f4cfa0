#!/usr/bin/env python3
"""How the published study feeds its trainer, as the peer of the crop reader: records of [2400, 12] float32 in one
uncompressed file, mapped again for every item; a random stretch of 600 samples, copied, turned over and collated by
torch's DataLoader. Beside it the same with the file mapped once, which is not what the study does, and a plain copy.

Usage: peer_loader.py FILE {study,once,copy} [--workers 0] [--batch 64] [--seconds 3]
Needs Debian's python3-numpy and python3-torch (run it with /usr/bin/python3). Prints one number: crops/s.
"""
import argparse
import os
import random
import time

import numpy as np
import torch

SAMPLES, LEADS, CROP = 2400, 12, 600


class Crops(torch.utils.data.Dataset):
    def __init__(self, path, once):
        self.path = path
        self.records = os.path.getsize(path) // (SAMPLES * LEADS * 4)
        self.signals = self.map() if once else None

    def map(self):
        return np.memmap(self.path, np.float32, "r", shape=(self.records, SAMPLES, LEADS))

    def __len__(self):
        return self.records

    def __getitem__(self, index):
        signals = self.map() if self.signals is None else self.signals
        start = random.randint(0, SAMPLES - CROP)
        return torch.from_numpy(np.copy(signals[index, start:start + CROP]).T.copy())


def crops_per_second(path, once, workers, batch, seconds):
    loader = torch.utils.data.DataLoader(Crops(path, once), batch, shuffle=True, num_workers=workers)
    count, start = 0, None
    while True:
        for crops in loader:
            if start is None:   # workers are up, the file is open
                start = time.perf_counter()
                continue
            count += len(crops)
            if time.perf_counter() - start > seconds:
                return count / (time.perf_counter() - start)


def copies_per_second(batch, seconds):
    source = torch.randn(batch * LEADS * CROP)
    target, count, start = torch.empty_like(source), 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        target.copy_(source)
        count += batch
    return count / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("way", choices=("study", "once", "copy"))
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3)
    a = parser.parse_args()
    if a.way == "copy":
        torch.set_num_threads(1)
        print(f"{copies_per_second(a.batch, a.seconds):.0f}")
    else:
        print(f"{crops_per_second(a.file, a.way == 'once', a.workers, a.batch, a.seconds):.0f}")


if __name__ == "__main__":
    main()
