"""A small AV1 OBU walker that shares no code with the crate: Section 5, Annex B, IVF, and samples.

It reads OBU headers, and of frame headers only the leading bits that say what a frame is to a container.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

SEQUENCE, DELIMITER, FRAME_HEADER, TILE_GROUP, METADATA, FRAME, REDUNDANT, TILE_LIST, PADDING = 1, 2, 3, 4, 5, 6, 7, 8, 15
KEY, INTER, INTRA_ONLY, SWITCH = range(4)
NAMES = {
    1: "sequence header", 2: "temporal delimiter", 3: "frame header", 4: "tile group", 5: "metadata",
    6: "frame", 7: "redundant frame header", 8: "tile list", 15: "padding",
}


class Broken(Exception):
    """The bytes are not the form that they were read as."""


@dataclass(frozen=True)
class Obu:
    """One OBU: its type, its extension byte (None without one), and its payload."""

    kind: int
    extension: int | None
    payload: bytes

    def write(self) -> bytes:
        header = self.kind << 3 | 2 | (4 if self.extension is not None else 0)
        extension = bytes([self.extension]) if self.extension is not None else b""
        return bytes([header]) + extension + leb128(len(self.payload)) + self.payload

    def __str__(self) -> str:
        return f"{NAMES.get(self.kind, f'reserved {self.kind}')} of {len(self.payload)} bytes"


@dataclass
class Unit:
    """One temporal unit, and its time in seconds where the container has one."""

    obus: list[Obu]
    time: Fraction | None = None
    sync: bool | None = None


@dataclass(frozen=True)
class FrameHead:
    """The leading bits of a frame header."""

    frame_type: int
    show_frame: bool
    show_existing_frame: bool


def leb128(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 127, value >> 7
        out.append(byte | (128 if value else 0))
        if not value:
            return bytes(out)


def read_leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for i in range(8):
        if at + i >= len(data):
            raise Broken(f"leb128 at {at} runs past the end")
        value |= (data[at + i] & 127) << (7 * i)
        if data[at + i] < 128:
            return value, at + i + 1
    raise Broken(f"leb128 at {at} is longer than 8 bytes")


def read_obu(data: bytes, at: int, end: int) -> tuple[Obu, int]:
    """The OBU at `at`; without a size field it reaches to `end`."""
    start = at
    header = data[at]
    if header & 0x80:
        raise Broken(f"obu_forbidden_bit is set at {start}")
    at += 1
    extension = None
    if header & 4:
        if at >= end:
            raise Broken(f"OBU at {start} has no room for its extension")
        extension, at = data[at], at + 1
    size = end - at
    if header & 2:
        size, at = read_leb128(data, at)
    if at + size > end:
        raise Broken(f"OBU at {start} of {size} bytes runs past {end}")
    return Obu((header >> 3) & 15, extension, data[at : at + size]), at + size


def read_obus(data: bytes) -> list[Obu]:
    """All OBUs of a sample, an IVF frame, or a Section 5 stream."""
    out, at = [], 0
    while at < len(data):
        obu, at = read_obu(data, at, len(data))
        out.append(obu)
    return out


def units_of(obus: list[Obu]) -> list[Unit]:
    """Splits at temporal delimiters."""
    out: list[Unit] = []
    for obu in obus:
        if obu.kind == DELIMITER or not out:
            out.append(Unit([]))
        out[-1].obus.append(obu)
    return out


def section5(data: bytes) -> list[Unit]:
    return units_of(read_obus(data))


def annexb(data: bytes) -> list[Unit]:
    """Annex B: temporal_unit(size) of frame_unit(size) of obu_length and OBU."""
    out, at = [], 0
    while at < len(data):
        size, at = read_leb128(data, at)
        unit_end = at + size
        if unit_end > len(data):
            raise Broken(f"temporal unit of {size} bytes runs past the end")
        obus = []
        while at < unit_end:
            size, at = read_leb128(data, at)
            frame_end = at + size
            if frame_end > unit_end:
                raise Broken(f"frame unit of {size} bytes runs past its temporal unit")
            while at < frame_end:
                size, at = read_leb128(data, at)
                if at + size > frame_end or not size:
                    raise Broken(f"OBU of {size} bytes runs past its frame unit")
                obu, after = read_obu(data, at, at + size)
                if after != at + size:
                    raise Broken(f"obu_size ends at {after}, obu_length at {at + size}")
                obus.append(obu)
                at = after
        out.append(Unit(obus))
    return out


def ivf(data: bytes) -> list[Unit]:
    """IVF frames. A frame that holds several temporal units gives several units with its time."""
    if data[:4] != b"DKIF":
        raise Broken("no DKIF signature")
    header, = struct.unpack_from("<H", data, 6)
    rate, scale = struct.unpack_from("<II", data, 16)
    out, at = [], header
    while at + 12 <= len(data):
        size, stamp = struct.unpack_from("<IQ", data, at)
        if at + 12 + size > len(data):
            raise Broken(f"IVF frame at {at} of {size} bytes runs past the end")
        for unit in units_of(read_obus(data[at + 12 : at + 12 + size])):
            unit.time = Fraction(stamp * scale, rate) if rate else None
            out.append(unit)
        at += 12 + size
    return out


def raw(data: bytes) -> list[Unit]:
    """Section 5 or Annex B, whichever the bytes are; the first unit must begin with a temporal delimiter."""
    if data[:2] == b"\x12\x00":
        try:
            return section5(data)
        except Broken:
            pass
    return annexb(data)


def is_annexb(data: bytes) -> bool:
    try:
        section5(data)
        return data[:1] not in (b"\x12", b"\x16")
    except Broken:
        return True


def head(obu: Obu, reduced: bool = False) -> FrameHead:
    """The leading bits of a FRAME or FRAME_HEADER OBU."""
    if reduced:
        return FrameHead(KEY, True, False)
    byte = obu.payload[0]
    if byte & 0x80:
        return FrameHead(-1, True, True)
    return FrameHead((byte >> 5) & 3, bool(byte & 0x10), False)


def is_reduced(sequence: Obu) -> bool:
    """reduced_still_picture_header of a sequence header: seq_profile(3) still_picture(1) reduced(1)."""
    return bool(sequence.payload[0] & 0x08)


def frame_heads(obus: list[Obu], reduced: bool = False) -> list[FrameHead]:
    out = []
    for obu in obus:
        if obu.kind == SEQUENCE:
            reduced = is_reduced(obu)
        elif obu.kind in (FRAME_HEADER, FRAME) and obu.payload:
            out.append(head(obu, reduced))
    return out


def is_sync(obus: list[Obu]) -> bool:
    """The first frame is a shown key frame, and a sequence header stands before it."""
    reduced = None
    for obu in obus:
        if obu.kind == SEQUENCE:
            reduced = is_reduced(obu)
        elif obu.kind in (FRAME_HEADER, FRAME):
            first = head(obu, bool(reduced))
            return reduced is not None and first.frame_type == KEY and first.show_frame and not first.show_existing_frame
    return False


def metadata_type(obu: Obu) -> int:
    return read_leb128(obu.payload, 0)[0]


def metadata_group(obu: Obu) -> int | None:
    """grouping_type_parameter of `av1M` for a metadata OBU; None for a type that has none."""
    kind, at = read_leb128(obu.payload, 0)
    if kind > 255:
        return None
    return kind << 24 | (int.from_bytes(obu.payload[at : at + 3], "big") if kind == 4 else 0)


DROPPED = {DELIMITER, PADDING, REDUNDANT}


def kept(obus: list[Obu]) -> list[Obu]:
    """What a container keeps of the source."""
    return [o for o in obus if o.kind not in DROPPED]


def write_section5(units: list[Unit]) -> bytes:
    """A Section 5 stream in which each unit starts with exactly one temporal delimiter."""
    out = bytearray()
    for unit in units:
        out += b"\x12\x00"
        for obu in unit.obus:
            if obu.kind != DELIMITER:
                out += obu.write()
    return bytes(out)


def compare(source: list[Obu], ours: list[Obu]) -> tuple[str | None, int]:
    """Ours must be the source's, in order, plus sequence headers. Returns (difference, inserted)."""
    inserted = at = 0
    for n, obu in enumerate(ours):
        if at < len(source) and obu == source[at]:
            at += 1
        elif obu.kind == SEQUENCE:
            inserted += 1
        else:
            want = str(source[at]) if at < len(source) else "nothing more"
            return f"OBU {n}: {obu}, the source has {want}", inserted
    if at < len(source):
        return f"{len(source) - at} OBUs are missing from {source[at]} on", inserted
    return None, inserted
