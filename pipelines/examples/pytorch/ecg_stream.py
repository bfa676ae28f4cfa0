"""Reads an EcgData stream: Arrow IPC on a pipe or a socket. One file over the standard library and numpy, made to be copied.

    for batch in open_stream("-"):          # standard input; or unix:/path, tcp://127.0.0.1:7000, or a file
        batch.signal                        # float32[count, leads, samples] in millivolt
        batch.lead_mask                     # float32[count, leads], 1 where the source has the lead
        batch.gap_mask                      # bool[count, leads, samples], True where a missing sample was filled
        batch.next_position                 # where to resume once this batch is done

Arrays are views of the batch's own memory, which is read once from the stream and not copied again.
"""
import json
import socket
import struct
import sys

import numpy as np

CONTRACT = "1"
_UTF8, _BOOL, _LIST, _FIXED_SIZE_LIST, _INT, _FLOAT = 5, 6, 12, 16, 2, 3


class StreamError(Exception):
    """The stream is not what this file reads; the message says what it is."""


class _Table:
    """A table of a FlatBuffer: a vtable says where each field stands."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]
        self.size = struct.unpack_from("<H", data, self.vtable)[0]

    def _place(self, field):
        slot = 4 + 2 * field
        offset = struct.unpack_from("<H", self.data, self.vtable + slot)[0] if slot < self.size else 0
        return self.at + offset if offset else None

    def number(self, field, kind, otherwise=0):
        place = self._place(field)
        return otherwise if place is None else struct.unpack_from("<" + kind, self.data, place)[0]

    def _target(self, field):
        place = self._place(field)
        return None if place is None else place + struct.unpack_from("<I", self.data, place)[0]

    def table(self, field):
        return _Table(self.data, self._target(field))

    def text(self, field):
        return _text(self.data, self._target(field))

    def tables(self, field):
        target = self._target(field)
        if target is None:
            return []
        count = struct.unpack_from("<I", self.data, target)[0]
        places = [target + 4 + 4 * index for index in range(count)]
        return [_Table(self.data, place + struct.unpack_from("<I", self.data, place)[0]) for place in places]

    def pairs(self, field):
        """Structs of two 64-bit numbers."""
        target = self._target(field)
        if target is None:
            return []
        count = struct.unpack_from("<I", self.data, target)[0]
        return [struct.unpack_from("<qq", self.data, target + 4 + 16 * index) for index in range(count)]

    def key_values(self, field):
        return {pair.text(0): pair.text(1) for pair in self.tables(field)}


def _text(data, at):
    length = struct.unpack_from("<I", data, at)[0]
    return bytes(data[at + 4:at + 4 + length]).decode()


class Batch:
    """Columns as attributes: arrays where values have one size, lists where they have not."""

    def __init__(self, columns, metadata):
        self.columns, self.metadata = columns, metadata
        self.position = int(metadata["ecgdata.position"])
        self.next_position = int(metadata["ecgdata.next_position"])
        self.items = int(metadata["ecgdata.items"])
        self.state = metadata["ecgdata.state"]

    def __getattr__(self, name):
        try:
            return self.columns[name]
        except KeyError:
            raise AttributeError(name) from None

    def __len__(self):
        return len(self.columns["record_id"])


class Stream:
    """Iterates over the batches; `finished` tells afterwards whether the epoch came to its end."""

    def __init__(self, file):
        self._file = file
        self.finished = False
        kind, header, _, _ = self._message()
        if kind != 1:
            raise StreamError("the stream does not begin with a schema; expected what 'ecgdata stream --to -' writes")
        self._fields = header.tables(1)
        self.metadata = header.key_values(2)
        if self.metadata.get("ecgdata.contract") != CONTRACT:
            raise StreamError(f"the stream keeps contract {self.metadata.get('ecgdata.contract')}; this file reads {CONTRACT}")
        self.leads = self.metadata["ecgdata.leads"].split()
        self.samples = int(self.metadata["ecgdata.crop_samples"])
        self.sampling_frequency_hz = float(self.metadata["ecgdata.sampling_frequency_hz"])
        self.items = int(self.metadata["ecgdata.items"])

    def __iter__(self):
        while True:
            message = self._message()
            if message is None:
                return
            kind, header, metadata, body = message
            if kind != 3:
                raise StreamError(f"message of kind {kind}; expected record batches alone")
            yield Batch(self._columns(header, body), metadata)

    def _message(self):
        prefix = self._read(8, may_end=True)
        if prefix is None:
            return None
        mark, length = struct.unpack("<Ii", prefix)
        if mark != 0xFFFFFFFF:
            raise StreamError("no Arrow message where one must begin; was something else written to the same pipe?")
        if length == 0:
            self.finished = True
            return None
        data = self._read(length)
        message = _Table(data, struct.unpack_from("<I", data, 0)[0])
        body = self._read(message.number(3, "q"))
        return message.number(1, "B"), message.table(2), message.key_values(4), body

    def _read(self, length, may_end=False):
        data = memoryview(bytearray(length))
        done = 0
        while done < length:
            count = self._file.readinto(data[done:])
            if not count:
                if may_end and done == 0:
                    return None
                raise StreamError(f"the stream broke off {length - done} bytes before the end of a message")
            done += count
        return data

    def _columns(self, header, body):
        rows = header.number(0, "q")
        nodes, buffers = iter(header.pairs(1)), iter(header.pairs(2))
        columns = {field.text(0): _column(field, nodes, buffers, body) for field in self._fields}
        shape = (rows, len(self.leads), self.samples)
        columns["signal"] = columns["signal"].reshape(shape)
        columns["gap_mask"] = columns["gap_mask"].reshape(shape)
        columns["lead_mask"] = columns["lead_mask"].reshape(shape[:2])
        return columns


def _column(field, nodes, buffers, body):
    length, null_count = next(nodes)
    kind = field.number(2, "B")
    valid = _bits(_slice(body, next(buffers)), length) if null_count else (next(buffers), None)[1]
    if kind == _FIXED_SIZE_LIST:
        return _column(field.tables(5)[0], nodes, buffers, body)
    if kind == _BOOL:
        return _bits(_slice(body, next(buffers)), length)
    if kind == _INT:
        width = field.table(3).number(0, "i")
        return _nullable(np.frombuffer(_slice(body, next(buffers)), f"<i{width // 8}", length), valid)
    if kind == _FLOAT:
        return _nullable(np.frombuffer(_slice(body, next(buffers)), "<f4", length), valid)
    offsets = np.frombuffer(_slice(body, next(buffers)), "<i4", length + 1)
    if kind == _UTF8:
        text = bytes(_slice(body, next(buffers)))
        values = [text[offsets[i]:offsets[i + 1]].decode() for i in range(length)]
    elif kind == _LIST:
        elements = _column(field.tables(5)[0], nodes, buffers, body)
        values = [list(elements[offsets[i]:offsets[i + 1]]) for i in range(length)]
    else:
        raise StreamError(f"column {field.text(0)} has Arrow type {kind}, which no stream of this contract has")
    return values if valid is None else [value if ok else None for value, ok in zip(values, valid)]


def _nullable(values, valid):
    return values if valid is None else [value if ok else None for value, ok in zip(values.tolist(), valid)]


def _bits(data, length):
    return np.unpackbits(np.frombuffer(data, np.uint8), count=length, bitorder="little").astype(bool)


def _slice(body, buffer):
    return body[buffer[0]:buffer[0] + buffer[1]]


def open_stream(address="-"):
    """Standard input ('-'), 'unix:/path', 'tcp://127.0.0.1:PORT', or a file's path."""
    if address == "-":
        return Stream(sys.stdin.buffer)
    if address.startswith("unix:"):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.connect(address[len("unix:"):])
        return Stream(link.makefile("rb"))
    if address.startswith("tcp://"):
        host, port = address[len("tcp://"):].rsplit(":", 1)
        return Stream(socket.create_connection((host.strip("[]"), int(port))).makefile("rb"))
    return Stream(open(address, "rb"))


def main():
    """Prints what a stream holds, one JSON line per batch."""
    stream = open_stream(sys.argv[1] if len(sys.argv) > 1 else "-")
    for batch in stream:
        print(json.dumps({
            "position": batch.position, "nextPosition": batch.next_position, "rows": len(batch), "recordIds": batch.record_id,
            "labels": batch.labels, "ages": batch.age_years if isinstance(batch.age_years, list) else batch.age_years.tolist(),
            "signalSumMicrovolt": int(np.rint(batch.signal.astype(np.float64) * 1000).sum()),
            "gapSamples": int(batch.gap_mask.sum()), "leadsPresent": int(batch.lead_mask.sum()),
        }, ensure_ascii=False))
    print(json.dumps({"finished": stream.finished}))


if __name__ == "__main__":
    main()
