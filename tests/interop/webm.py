"""Just enough of Matroska to list the blocks of the first video track, without the crate's reader."""

from __future__ import annotations

from dataclasses import dataclass

SEGMENT, INFO, SCALE, TRACKS, TRACK, NUMBER, TYPE, PRIVATE, CLUSTER, STAMP, GROUP, BLOCK, SIMPLE = (
    0x18538067, 0x1549A966, 0x2AD7B1, 0x1654AE6B, 0xAE, 0xD7, 0x83, 0x63A2, 0x1F43B675, 0xE7, 0xA0, 0xA1, 0xA3,
)


@dataclass
class Block:
    """A frame of the track: time in nanoseconds."""

    time: int
    data: bytes
    key: bool


def _number(data: bytes, at: int, keep_marker: bool) -> tuple[int, int]:
    first = data[at]
    length = 9 - first.bit_length() if first else 9
    value = int.from_bytes(data[at : at + length], "big")
    if not keep_marker:
        mask = (1 << (7 * length)) - 1
        value = -1 if value & mask == mask else value & mask
    return value, at + length


def _elements(data: bytes, at: int, end: int):
    while at < end:
        kind, at = _number(data, at, True)
        size, at = _number(data, at, False)
        stop = end if size < 0 else min(at + size, end)
        yield kind, at, stop
        at = stop


def blocks(data: bytes) -> tuple[bytes, list[Block]]:
    """(CodecPrivate, frames) of the first video track; laced blocks are not expected for video."""
    scale, track, private, out = 1_000_000, None, b"", []
    segment = next((a, b) for kind, a, b in _elements(data, 0, len(data)) if kind == SEGMENT)

    def block(start: int, end: int, base: int, simple: bool) -> None:
        number, at = _number(data, start, False)
        if number == track:
            time = int.from_bytes(data[at : at + 2], "big", signed=True)
            out.append(Block((base + time) * scale, data[at + 3 : end], bool(simple and data[at + 2] & 0x80)))

    for kind, start, end in _elements(data, *segment):
        if kind == INFO:
            for inner, a, b in _elements(data, start, end):
                if inner == SCALE:
                    scale = int.from_bytes(data[a:b], "big")
        elif kind == TRACKS:
            for inner, a, b in _elements(data, start, end):
                fields = {k: data[x:y] for k, x, y in _elements(data, a, b)} if inner == TRACK else {}
                if track is None and fields.get(TYPE) == b"\x01":
                    track, private = int.from_bytes(fields[NUMBER], "big"), fields.get(PRIVATE, b"")
        elif kind == CLUSTER:
            base = 0
            for inner, a, b in _elements(data, start, end):
                if inner == STAMP:
                    base = int.from_bytes(data[a:b], "big")
                elif inner == SIMPLE:
                    block(a, b, base, True)
                elif inner == GROUP:
                    for k, x, y in _elements(data, a, b):
                        if k == BLOCK:
                            block(x, y, base, False)
    return private, out
