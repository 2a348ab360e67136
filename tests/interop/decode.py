"""Frame hashes: one md5 a shown frame, film grain applied, the same whether dav1d or ffmpeg decodes.

Both hash the bare planes, so their lists can be compared with each other (8 bit as bytes, more as 16-bit
little-endian; for RGB both write G, B, R; monochrome is one plane).

Traps that this avoids: ffmpeg scales frames to the first size (`-autoscale 0`), repeats or drops frames by
time (`-fps_mode passthrough`), and Debian's ffmpeg 5.1 gives up on some legal streams (metadata with reserved
values, a frame shown in a temporal unit of its own); dav1d leaves film grain out when its output is md5.
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import mp4
import obu
import webm
from tools import Run, ffmpeg8, packager, run, tool

Frames = list[str]


def dav1d(path: Path, annexb: bool = False) -> tuple[Frames, Run]:
    """Decodes IVF, Section 5 or Annex B."""
    with tempfile.TemporaryDirectory() as folder:
        command = [tool("dav1d"), "-q", "-i", path, "--muxer", "framemd5", "--filmgrain", "1"]
        command += ["-o", f"{folder}/%8n.md5"] + (["--demuxer", "annexb"] if annexb else [])
        done = run(command, timeout=300)
        return [p.read_text().split()[0] for p in sorted(Path(folder).glob("*.md5"))], done


def units(found: list[obu.Unit]) -> tuple[Frames, Run]:
    """Decodes temporal units through a Section 5 stream."""
    with tempfile.NamedTemporaryFile(suffix=".obu") as file:
        file.write(obu.write_section5(found))
        file.flush()
        return dav1d(Path(file.name))


def ffmpeg(path: Path, key: str | None = None) -> tuple[Frames, Run]:
    """Decodes whatever Debian's ffmpeg opens, decrypting with `key`."""
    command = [tool("ffmpeg"), "-nostdin", "-v", "error"] + (["-decryption_key", key] if key else [])
    command += ["-i", path, "-map", "0:v:0", "-autoscale", "0", "-fps_mode", "passthrough", "-f", "framemd5", "-"]
    done = run(command, timeout=300)
    lines = [line for line in done.out.splitlines() if line and not line.startswith("#")]
    return [line.rsplit(",", 1)[1].strip() for line in lines], done


def ffmpeg8_dav1d(path: Path, key: str | None = None) -> tuple[Frames, Run]:
    """Demuxes (and decrypts) with the newer ffmpeg, then decodes with dav1d."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "copy.obu"
        command = [ffmpeg8(), "-nostdin", "-v", "error"] + (["-decryption_key", key] if key else [])
        done = run(command + ["-i", path, "-map", "0:v:0", "-c", "copy", "-f", "obu", out], timeout=300)
        if not out.exists() or not out.stat().st_size:
            return [], done
        frames, decoded = dav1d(out)
        return frames, done if done.code else decoded


def shaka_decrypt(path: Path, out: Path, kid: str, key: str) -> Run:
    """Decrypts with shaka-packager to a clear MP4."""
    command = [packager(), f"in={path},stream=video,output={out}", "--enable_raw_key_decryption"]
    return run(command + ["--keys", f"label=:key_id={kid}:key={key}", "--temp_dir", out.parent], timeout=300)


def mp4_units(movie: mp4.Movie) -> list[obu.Unit]:
    """The samples of the first AV1 track; the OBUs of a configuration go in front of the first one."""
    track = movie.av1()
    if track is None:
        return []
    out, entry = [], 0
    for sample in track.samples:
        obus = obu.read_obus(movie.sample_data(sample))
        if sample.entry != entry:
            entry = sample.entry
            config = obu.read_obus(track.entries[entry - 1].config_obus)
            if not any(o.kind == obu.SEQUENCE for o in obus):
                obus = config + obus
        out.append(obu.Unit(obus, Fraction(sample.time, track.timescale), sample.sync))
    return out


def reader_dav1d(movie: mp4.Movie) -> tuple[Frames, Run]:
    """Demuxes with the reader of this folder, then decodes with dav1d."""
    return units(mp4_units(movie))


def source_units(paths: list[Path]) -> list[obu.Unit]:
    """The temporal units of a source of any container, by content."""
    data = b"".join(p.read_bytes() for p in paths)
    if data[:4] == b"DKIF":
        return obu.ivf(data)
    if data[4:8] in (b"ftyp", b"styp", b"moov"):
        return mp4_units(mp4.Movie(data))
    if data[:4] == b"\x1aE\xdf\xa3":
        return [obu.Unit(obu.read_obus(b.data), Fraction(b.time, 10**9), b.key) for b in webm.blocks(data)[1]]
    return obu.raw(data)


def source(paths: list[Path]) -> tuple[Frames, Frames]:
    """(dav1d's frames, ffmpeg's frames) of a source. An init and its segments are joined for both."""
    data = paths[0].read_bytes()
    container = data[:4] != b"DKIF" and (data[4:8] in (b"ftyp", b"styp", b"moov") or data[:4] == b"\x1aE\xdf\xa3")
    if not container:
        return dav1d(paths[0])[0], ffmpeg(paths[0])[0]
    with tempfile.NamedTemporaryFile(suffix=paths[0].suffix) as joined:
        joined.write(b"".join(p.read_bytes() for p in paths))
        joined.flush()
        return units(source_units(paths))[0], ffmpeg(Path(joined.name))[0]
