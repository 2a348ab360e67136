"""A small ISOBMFF reader that shares no code with the crate: boxes, samples, encryption maps, sample groups.

It reads whole files into memory and believes nothing it does not need. Everything that looks wrong on the
way is collected in `Movie.problems`, so that a check can fail on it without losing the rest.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

CONTAINERS = {
    b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"mvex", b"moof", b"traf", b"edts",
    b"sinf", b"schi", b"udta", b"mfra",
}
# Bytes of fields that stand before the children of a sample entry.
VISUAL, AUDIO = 78, 28


@dataclass
class Box:
    """One box: `start` is where its header begins, `body` where its payload does, `end` is one past it."""

    kind: bytes
    start: int
    body: int
    end: int


@dataclass
class Sample:
    """One sample in decode order; times in media ticks. `map` is the subsample map, None if there is none."""

    offset: int
    size: int
    time: int
    duration: int
    composition: int
    flags: int
    sync: bool
    entry: int
    fragment: int
    iv: bytes = b""
    map: list[tuple[int, int]] | None = None
    groups: dict[tuple[bytes, int], bytes | int] = field(default_factory=dict)

    @property
    def depends_on(self) -> int:
        return (self.flags >> 24) & 3


@dataclass
class Entry:
    """A sample entry: `format` as written, `original` after `frma`; what protects it; the codec record."""

    format: bytes
    original: bytes
    width: int = 0
    height: int = 0
    config: bytes = b""  # body of av1C
    scheme: bytes = b""
    kid: bytes = b""
    iv_size: int = 0
    constant_iv: bytes = b""
    pattern: tuple[int, int] = (0, 0)
    boxes: list[bytes] = field(default_factory=list)

    @property
    def config_obus(self) -> bytes:
        return self.config[4:]


@dataclass
class Track:
    """One track with all its samples, those of fragments included."""

    id: int
    handler: bytes
    timescale: int
    entries: list[Entry]
    samples: list[Sample]
    edits: list[tuple[int, int]] = field(default_factory=list)
    trex: tuple[int, int, int, int] = (1, 0, 0, 0)

    @property
    def is_av1(self) -> bool:
        return any(e.original == b"av01" for e in self.entries)


@dataclass
class Reference:
    """One entry of `sidx`, with the absolute range that it names and its times in sidx ticks."""

    start: int
    size: int
    time: int
    duration: int
    starts_with_sap: bool
    sap_type: int
    sap_delta: int


class Movie:
    """A parsed file. `data` may be the concatenation of an initialisation segment and media segments."""

    def __init__(self, data: bytes):
        self.data = data
        self.problems: list[str] = []
        self.tracks: list[Track] = []
        self.sidx: list[Reference] = []
        self.sidx_timescale = 0
        self.brands: list[bytes] = []
        self.top: list[Box] = list(self.boxes(0, len(data)))
        fragment = 0
        for box in self.top:
            if box.kind == b"ftyp":
                body = data[box.body : box.end]
                self.brands = [body[:4]] + [body[i : i + 4] for i in range(8, len(body), 4)]
            elif box.kind == b"moov":
                self._moov(box)
            elif box.kind == b"sidx":
                self._sidx(box)
            elif box.kind == b"moof":
                self._moof(box, fragment)
                fragment += 1
        self.fragments = fragment

    @classmethod
    def open(cls, *paths: Path) -> "Movie":
        return cls(b"".join(Path(p).read_bytes() for p in paths))

    # -- boxes ---------------------------------------------------------------------------------------

    def boxes(self, start: int, end: int):
        """The boxes from `start` to `end`; stops at the first that does not fit, noting it."""
        while start + 8 <= end:
            size, kind = struct.unpack_from(">I4s", self.data, start)
            body = start + 8
            if size == 1 and start + 16 <= end:
                size = struct.unpack_from(">Q", self.data, start + 8)[0]
                body = start + 16
            elif size == 0:
                size = end - start
            if kind == b"uuid":
                body += 16
            if size < body - start or start + size > end:
                self.problems.append(f"{kind.decode('latin-1')} at {start}: size {size} does not fit")
                return
            yield Box(kind, start, body, start + size)
            start += size

    def child(self, box: Box, *path: bytes) -> Box | None:
        for kind in path:
            found = next((b for b in self.boxes(box.body, box.end) if b.kind == kind), None)
            if found is None:
                return None
            box = found
        return box

    def children(self, box: Box, kind: bytes) -> list[Box]:
        return [b for b in self.boxes(box.body, box.end) if b.kind == kind]

    def tree(self) -> list[tuple[str, bytes]]:
        """Every leaf box outside `mdat` as (path, bytes), for comparing two files box by box."""
        out: list[tuple[str, bytes]] = []

        def walk(box: Box, path: str, skip: int = 0) -> None:
            name = f"{path}/{box.kind.decode('latin-1')}"
            if box.kind == b"mdat":
                return
            if box.kind in CONTAINERS:
                out.append((name, b""))
                for inner in self.boxes(box.body, box.end):
                    walk(inner, name)
            else:
                out.append((name, self.data[box.body : box.end]))

        for box in self.top:
            walk(box, "")
        return out

    def _full(self, box: Box) -> tuple[int, int, int]:
        word = struct.unpack_from(">I", self.data, box.body)[0]
        return word >> 24, word & 0xFFFFFF, box.body + 4

    def _u32(self, at: int) -> int:
        return struct.unpack_from(">I", self.data, at)[0]

    def _u64(self, at: int) -> int:
        return struct.unpack_from(">Q", self.data, at)[0]

    # -- moov ----------------------------------------------------------------------------------------

    def _moov(self, moov: Box) -> None:
        for trak in self.children(moov, b"trak"):
            self.tracks.append(self._trak(trak))
        mvex = self.child(moov, b"mvex")
        for trex in self.children(mvex, b"trex") if mvex else []:
            _, _, at = self._full(trex)
            values = struct.unpack_from(">5I", self.data, at)
            for track in self.tracks:
                if track.id == values[0]:
                    track.trex = values[1:]

    def _trak(self, trak: Box) -> Track:
        version, _, at = self._full(self.child(trak, b"tkhd"))
        track_id = self._u32(at + (16 if version else 8))
        version, _, at = self._full(self.child(trak, b"mdia", b"mdhd"))
        timescale = self._u32(at + (16 if version else 8))
        hdlr = self.child(trak, b"mdia", b"hdlr")
        handler = self.data[hdlr.body + 8 : hdlr.body + 12]
        stbl = self.child(trak, b"mdia", b"minf", b"stbl")
        entries = self._stsd(self.child(stbl, b"stsd"), handler)
        track = Track(track_id, handler, timescale, entries, [])
        elst = self.child(trak, b"edts", b"elst")
        if elst:
            version, _, at = self._full(elst)
            for i in range(self._u32(at)):
                form, step = (">QqI", 20) if version else (">IiI", 12)
                duration, media, _ = struct.unpack_from(form, self.data, at + 4 + i * step)
                track.edits.append((duration, media))
        self._stbl(track, stbl)
        return track

    def _stsd(self, stsd: Box, handler: bytes) -> list[Entry]:
        entries = []
        for box in self.boxes(stsd.body + 8, stsd.end):
            entry = Entry(box.kind, box.kind)
            if handler in (b"vide", b"pict", b"auxv"):
                entry.width, entry.height = struct.unpack_from(">HH", self.data, box.body + 24)
                skip = VISUAL
            else:
                skip = AUDIO
            for inner in self.boxes(box.body + skip, box.end):
                entry.boxes.append(inner.kind)
                if inner.kind == b"av1C":
                    entry.config = self.data[inner.body : inner.end]
                elif inner.kind == b"sinf":
                    self._sinf(entry, inner)
            entries.append(entry)
        return entries

    def _sinf(self, entry: Entry, sinf: Box) -> None:
        frma, schm, tenc = self.child(sinf, b"frma"), self.child(sinf, b"schm"), self.child(sinf, b"schi", b"tenc")
        if frma:
            entry.original = self.data[frma.body : frma.body + 4]
        if schm:
            entry.scheme = self.data[schm.body + 4 : schm.body + 8]
        if tenc:
            version, _, at = self._full(tenc)
            pattern = self.data[at + 1]
            entry.pattern = (pattern >> 4, pattern & 15) if version else (0, 0)
            entry.iv_size = self.data[at + 3]
            entry.kid = self.data[at + 4 : at + 20]
            if self.data[at + 2] and not entry.iv_size:
                length = self.data[at + 20]
                entry.constant_iv = self.data[at + 21 : at + 21 + length]

    def _stbl(self, track: Track, stbl: Box) -> None:
        stsz = self.child(stbl, b"stsz")
        if not stsz:
            return
        _, _, at = self._full(stsz)
        same, count = self._u32(at), self._u32(at + 4)
        sizes = [same] * count if same else list(struct.unpack_from(f">{count}I", self.data, at + 8))
        if not sizes:
            return
        _, _, at = self._full(self.child(stbl, b"stts"))
        durations: list[int] = []
        for i in range(self._u32(at)):
            number, delta = struct.unpack_from(">II", self.data, at + 4 + 8 * i)
            durations += [delta] * min(number, count)
        stss = self.child(stbl, b"stss")
        sync = None
        if stss:
            _, _, at = self._full(stss)
            sync = set(struct.unpack_from(f">{self._u32(at)}I", self.data, at + 4))
        chunk_box = self.child(stbl, b"stco") or self.child(stbl, b"co64")
        _, _, at = self._full(chunk_box)
        form = ">{}I" if chunk_box.kind == b"stco" else ">{}Q"
        chunks = struct.unpack_from(form.format(self._u32(at)), self.data, at + 4)
        _, _, at = self._full(self.child(stbl, b"stsc"))
        runs = [struct.unpack_from(">3I", self.data, at + 4 + 12 * i) for i in range(self._u32(at))]
        n = time = 0
        for number, offset in enumerate(chunks, 1):
            run = [r for r in runs if r[0] <= number][-1]
            for _ in range(run[1]):
                if n >= len(sizes):
                    break
                duration = durations[n] if n < len(durations) else 0
                is_sync = sync is None or n + 1 in sync
                track.samples.append(Sample(offset, sizes[n], time, duration, 0, 0, is_sync, run[2], -1))
                offset, time, n = offset + sizes[n], time + duration, n + 1
        senc = self.child(stbl, b"senc")
        if senc:
            self._senc(track, senc, track.samples)

    # -- fragments -----------------------------------------------------------------------------------

    def _moof(self, moof: Box, fragment: int) -> None:
        for traf in self.children(moof, b"traf"):
            self._traf(moof, traf, fragment)

    def _traf(self, moof: Box, traf: Box, fragment: int) -> None:
        _, flags, at = self._full(self.child(traf, b"tfhd"))
        track_id = self._u32(at)
        track = next((t for t in self.tracks if t.id == track_id), None)
        if track is None:
            self.problems.append(f"moof at {moof.start}: no track {track_id}")
            return
        at += 4
        base = moof.start
        if flags & 1:
            base, at = self._u64(at), at + 8
        entry, duration, size, sample_flags = track.trex
        if flags & 2:
            entry, at = self._u32(at), at + 4
        if flags & 8:
            duration, at = self._u32(at), at + 4
        if flags & 16:
            size, at = self._u32(at), at + 4
        if flags & 32:
            sample_flags, at = self._u32(at), at + 4
        time = track.samples[-1].time + track.samples[-1].duration if track.samples else 0
        tfdt = self.child(traf, b"tfdt")
        if tfdt:
            version, _, at = self._full(tfdt)
            time = self._u64(at) if version else self._u32(at)
        first = len(track.samples)
        position = base
        for trun in self.children(traf, b"trun"):
            version, flags, at = self._full(trun)
            count, at = self._u32(at), at + 4
            if flags & 1:
                position, at = base + struct.unpack_from(">i", self.data, at)[0], at + 4
            first_flags = None
            if flags & 4:
                first_flags, at = self._u32(at), at + 4
            for i in range(count):
                d, s, f, c = duration, size, sample_flags, 0
                if flags & 0x100:
                    d, at = self._u32(at), at + 4
                if flags & 0x200:
                    s, at = self._u32(at), at + 4
                if flags & 0x400:
                    f, at = self._u32(at), at + 4
                elif i == 0 and first_flags is not None:
                    f = first_flags
                if flags & 0x800:
                    c, at = struct.unpack_from(">i" if version else ">I", self.data, at)[0], at + 4
                sync = not (f >> 16) & 1
                track.samples.append(Sample(position, s, time, d, c, f, sync, entry, fragment))
                position, time = position + s, time + d
            if position > len(self.data):
                self.problems.append(f"trun at {trun.start}: samples end at {position}, past the file's end")
        samples = track.samples[first:]
        senc = self.child(traf, b"senc")
        if senc:
            starts = self._senc(track, senc, samples)
            self._aux(moof, traf, senc, starts)
        self._groups(traf, samples)

    def _senc(self, track: Track, senc: Box, samples: list[Sample]) -> list[int]:
        """Reads IVs and subsamples; returns where each sample's entry begins, and where the last ends."""
        _, flags, at = self._full(senc)
        count, at = self._u32(at), at + 4
        if count != len(samples):
            self.problems.append(f"senc at {senc.start}: {count} entries for {len(samples)} samples")
        starts = [at]
        for sample in samples[:count]:
            entry = track.entries[max(sample.entry, 1) - 1]
            sample.iv, at = self.data[at : at + entry.iv_size], at + entry.iv_size
            if flags & 2:
                number, at = struct.unpack_from(">H", self.data, at)[0], at + 2
                sample.map = [struct.unpack_from(">HI", self.data, at + 6 * i) for i in range(number)]
                at += 6 * number
                total = sum(c + p for c, p in sample.map)
                if total != sample.size:
                    self.problems.append(f"senc at {senc.start}: map of {total} bytes for a sample of {sample.size}")
            starts.append(at)
        if at != senc.end:
            self.problems.append(f"senc at {senc.start}: entries end at {at}, the box at {senc.end}")
        return starts

    def _aux(self, moof: Box, traf: Box, senc: Box, starts: list[int]) -> None:
        saiz, saio = self.child(traf, b"saiz"), self.child(traf, b"saio")
        if not saiz or not saio:
            self.problems.append(f"traf at {traf.start}: senc without saiz and saio")
            return
        _, flags, at = self._full(saiz)
        at += 8 if flags & 1 else 0
        default, count = self.data[at], self._u32(at + 1)
        sizes = [default] * count if default else list(self.data[at + 5 : at + 5 + count])
        true = [b - a for a, b in zip(starts, starts[1:])]
        if sizes != true:
            self.problems.append(f"saiz at {saiz.start}: sizes {sizes[:4]}… are not those of senc {true[:4]}…")
        version, flags, at = self._full(saio)
        at += 8 if flags & 1 else 0
        if self._u32(at) != 1:
            self.problems.append(f"saio at {saio.start}: {self._u32(at)} entries")
        offset = self._u64(at + 4) if version else self._u32(at + 4)
        if moof.start + offset != starts[0]:
            self.problems.append(f"saio at {saio.start}: points at {moof.start + offset}, senc data is at {starts[0]}")

    def _groups(self, traf: Box, samples: list[Sample]) -> None:
        descriptions: dict[bytes, list[bytes]] = {}
        for sgpd in self.children(traf, b"sgpd"):
            version, _, at = self._full(sgpd)
            kind, at = self.data[at : at + 4], at + 4
            length = 0
            if version >= 1:
                length, at = self._u32(at), at + 4
            if version >= 2:
                at += 4
            count, at = self._u32(at), at + 4
            out = []
            for _ in range(count):
                size = length
                if version >= 1 and not length:
                    size, at = self._u32(at), at + 4
                out.append(self.data[at : at + size])
                at += size
            descriptions[kind] = out
        for sbgp in self.children(traf, b"sbgp"):
            version, _, at = self._full(sbgp)
            kind, at = self.data[at : at + 4], at + 4
            parameter = 0
            if version:
                parameter, at = self._u32(at), at + 4
            count, at = self._u32(at), at + 4
            n = 0
            for i in range(count):
                number, index = struct.unpack_from(">II", self.data, at + 8 * i)
                if n + number > len(samples):
                    self.problems.append(f"sbgp at {sbgp.start}: covers more than {len(samples)} samples")
                local = descriptions.get(kind, [])
                for sample in samples[n : n + number]:
                    if index > 0x10000:
                        if index - 0x10001 < len(local):
                            sample.groups[kind, parameter] = local[index - 0x10001]
                        else:
                            self.problems.append(f"sbgp at {sbgp.start}: no description {index:#x}")
                    elif index:
                        sample.groups[kind, parameter] = index
                n += number

    def _sidx(self, sidx: Box) -> None:
        version, _, at = self._full(sidx)
        self.sidx_timescale = self._u32(at + 4)
        if version:
            time, first, at = self._u64(at + 8), self._u64(at + 16), at + 24
        else:
            time, first, at = self._u32(at + 8), self._u32(at + 12), at + 16
        count = struct.unpack_from(">H", self.data, at + 2)[0]
        start = sidx.end + first
        for i in range(count):
            size, duration, sap = struct.unpack_from(">III", self.data, at + 4 + 12 * i)
            if size >> 31:
                self.problems.append(f"sidx at {sidx.start}: hierarchical reference")
                size &= 0x7FFFFFFF
            self.sidx.append(Reference(start, size, time, duration, bool(sap >> 31), (sap >> 28) & 7, sap & 0xFFFFFFF))
            start, time = start + size, time + duration

    # -- what checks ask ------------------------------------------------------------------------------

    def av1(self) -> Track | None:
        """The first AV1 track."""
        return next((t for t in self.tracks if t.is_av1), None)

    def sample_data(self, sample: Sample) -> bytes:
        return self.data[sample.offset : sample.offset + sample.size]
