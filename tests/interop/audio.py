"""Packs sound of every container and codec; what ffmpeg decodes must be what it decodes of the source."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import mp4
from report import Report
from tools import IVS, KEY, KID, Run, corpus, packager, run, tool

INTRO = """
Sound of the corpus, and streams made with ffmpeg from a sweep with noise, packed clear, with cbcs and with cenc. "decoded" compares
what Debian's ffmpeg decodes of the packed track with what it decodes of the source, as 16-bit samples: priming is
left out in both as their containers tell it (by the packed track's edit list, which this ffmpeg does not look
at in fragmented files, so that the check does it, and leaves it where the source is fragmented too). A tail is what the last frame holds behind the end that the source's
container states: durations show the right end, but decoders give whole frames. "decrypted" is `cmaf decrypt`, whose media
data must be that of the clear track. "shaka" compares the sample data that shaka-packager encrypts with the same key
and IV from the clear track with ours. xHE-AAC and joint object coding have no free decoder or encoder, and are tested on synthetic
bitstreams in the crate's unit tests alone; of IAMF the samples are compared, for this ffmpeg does not decode it.
"""

# Sources that must be refused, and a word of the error.
REFUSED = {
    "moov": "sample",
    "encrypted": "encrypted",
    "mp3": "mp3",
    "vorbis": "vorbis",
    "chained": "chained",
}

# Whole seconds of a frame's length, at the most: six blocks at 32 kHz, 2048 samples at 22.05 kHz.
LONGEST_FRAME = 0.1


@dataclass
class Case:
    """One source; `refused` is the key of the reason for which it must be refused."""

    name: str
    paths: list[Path] = field(default_factory=list)
    refused: str | None = None


def check(cmaf: Path, report: Report, only: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sources = [c for c in _corpus() + _made(Path(folder)) if not only or only in c.name]
        refusals = []
        report.table(["source", "codec", "samples", "priming", "decoded", "decrypted", "shaka"])
        for case in sources:
            with tempfile.TemporaryDirectory() as out:
                row = _case(cmaf, case, Path(out), report, refusals)
            if row:
                report.row(case.name, *row)
        report.end_table()
    report.heading("Refused")
    report.table(["source", "message"])
    for row in refusals:
        report.row(*row)
    report.end_table()


def _corpus() -> list[Case]:
    media = corpus() / "media"
    out = [Case(path.name, [path]) for path in sorted((media / "audio").iterdir())]
    structure = sorted((media / "structure").glob("*audio_init*"))
    for path in structure:
        paths = [path, path.with_name(path.name.replace("init.mp4", "1.m4s"))]
        out.append(Case(path.name, paths, "encrypted" if b"enca" in path.read_bytes() else None))
    mono = media / "structure" / "web-platform-tests__test-a-128k-44100Hz-1ch.mp4"
    out.append(Case(mono.name, [mono]))
    for folder in sorted((media / "golden").iterdir()):
        for path in sorted(folder.glob("*audio*.mp4")):
            paths = [path]
            if "-init" in path.name:
                paths += sorted(folder.glob(path.name.replace("-init.mp4", "-[0-9]*.m4s")))
            data = path.read_bytes()
            refused = "encrypted" if b"enca" in data else None
            out.append(Case(f"{folder.name}/{path.name}", paths, refused))
    return out


# What is made: name -> ffmpeg's arguments behind the input.
STEREO, SURROUND = ["-ac", "2"], ["-ac", "6"]
MADE = {
    "aac.aac": ["-c:a", "aac", *STEREO],
    "aac-surround.aac": ["-c:a", "aac", "-ar", "48000", *SURROUND],
    "aac-mono-22k.aac": ["-c:a", "aac", "-ar", "22050", "-ac", "1"],
    "aac-program.aac": ["-c:a", "aac", "-ar", "48000", "-af", "pan=6.1|FL=c0|FR=c1|FC=c0|LFE=c1|BC=c0|SL=c1|SR=c0"],
    "aac.m4a": ["-c:a", "aac", *STEREO],
    "aac-fragmented.mp4": ["-c:a", "aac", *STEREO, "-movflags", "frag_keyframe+empty_moov+delay_moov"],
    "aac-88k.m4a": ["-c:a", "aac", "-ar", "88200", *STEREO],
    "aac.mkv": ["-c:a", "aac", *STEREO],
    "opus.opus": ["-c:a", "libopus", *STEREO],
    "opus-60ms.opus": ["-c:a", "libopus", "-frame_duration", "60", *STEREO],
    "opus-2.5ms.ogg": ["-c:a", "libopus", "-application", "lowdelay", "-frame_duration", "2.5", *STEREO],
    "opus-surround.opus": ["-c:a", "libopus", "-mapping_family", "1", *SURROUND],
    "opus.webm": ["-c:a", "libopus", *STEREO],
    "opus.mkv": ["-c:a", "libopus", "-frame_duration", "10", *STEREO],
    "opus.mp4": ["-c:a", "libopus", *STEREO],
    "flac.flac": ["-c:a", "flac", *STEREO],
    "flac-96k-24.flac": ["-c:a", "flac", "-ar", "96000", "-sample_fmt", "s32", *STEREO],
    "flac-surround.flac": ["-c:a", "flac", "-ar", "48000", *SURROUND],
    "flac.oga": ["-c:a", "flac", "-f", "ogg", *STEREO],
    "flac.mkv": ["-c:a", "flac", *STEREO],
    "flac.mp4": ["-c:a", "flac", "-strict", "-2", *STEREO],
    "flac-192k.mp4": ["-c:a", "flac", "-strict", "-2", "-ar", "192000", *STEREO],
    "ac3.ac3": ["-c:a", "ac3", "-ar", "48000", *STEREO],
    "ac3-surround.ac3": ["-c:a", "ac3", "-ar", "44100", *SURROUND],
    "ac3.mkv": ["-c:a", "ac3", "-ar", "48000", *SURROUND],
    "ac3.mp4": ["-c:a", "ac3", "-ar", "48000", *STEREO],
    "eac3.eac3": ["-c:a", "eac3", "-ar", "48000", *STEREO],
    "eac3-surround.eac3": ["-c:a", "eac3", "-ar", "48000", *SURROUND],
    "eac3.mkv": ["-c:a", "eac3", "-ar", "48000", *SURROUND],
    "eac3.mp4": ["-c:a", "eac3", "-ar", "48000", *STEREO],
    "mp3.mp3": ["-c:a", "libmp3lame", *STEREO],
    "vorbis.ogg": ["-c:a", "libvorbis", *STEREO],
}


def _made(folder: Path) -> list[Case]:
    out = []
    sound = "aevalsrc=0.5*sin(2*PI*(200+900*t)*t)+0.1*random(0)-0.05|0.4*sin(2*PI*(900-150*t)*t):s=44100:d=3.1"
    for name, arguments in MADE.items():
        path = folder / name
        run([tool("ffmpeg"), "-v", "error", "-f", "lavfi", "-i", sound, *arguments, path])
        if path.is_file() and path.stat().st_size:
            refused = name.split(".")[0] if name.split(".")[0] in REFUSED else None
            out.append(Case(name, [path], refused))
    chained = folder / "chained.opus"
    part = folder / "opus.opus"
    if part.is_file():
        chained.write_bytes(part.read_bytes() * 2)
        out.append(Case(chained.name, [chained], "chained"))
    return out


def _pack(cmaf: Path, case: Case, out: Path, mode: str) -> tuple[Run, dict | None, Path | None]:
    keys = [] if mode == "clear" else ["--encrypt", mode, "--key", f"{KID}:{KEY}", "--iv", IVS[mode]]
    done = run([cmaf, "pack", *case.paths, "-o", out / mode, "--quiet", "--json", "--name", "track", *keys])
    if done.code != 0:
        return done, None, None
    track = next((t for t in json.loads(done.out)["tracks"] if t["kind"] == "audio"), None)
    return done, track, out / mode / track["files"][0] if track else None


def _case(cmaf: Path, case: Case, out: Path, report: Report, refusals: list) -> list[str] | None:
    done, track, clear = _pack(cmaf, case, out, "clear")
    if case.refused or track is None:
        message = done.last_line or f"exit {done.code}"
        for path in case.paths:
            message = message.replace(str(path), path.name)
        right = bool(case.refused) and done.code == 3 and REFUSED[case.refused] in message.lower()
        report.check(right, f"{case.name}: {message}")
        refusals.append((case.name, message))
        return None
    movie = mp4.Movie.open(clear)
    report.check(not movie.problems, f"{case.name}: {movie.problems}")
    ours = movie.tracks[0]
    priming = next((start for _, start in ours.edits if start > 0), 0)
    decoded = _decoded(case, clear, track, priming, report)
    decrypted, shaka = [], []
    for mode in ("cbcs", "cenc"):
        done, _, encrypted = _pack(cmaf, case, out, mode)
        if not report.check(encrypted is not None, f"{case.name} {mode}: {done.last_line}"):
            decrypted.append("**FAILED**")
            continue
        locked = mp4.Movie.open(encrypted)
        plain = out / f"{mode}.mp4"
        done = run([cmaf, "decrypt", encrypted, "-o", plain, "--key", f"{KID}:{KEY}"])
        same = plain.is_file() and _samples(mp4.Movie.open(plain)) == _samples(movie)
        hidden = _samples(locked) != _samples(movie)
        report.check(same and hidden, f"{case.name} {mode}: decrypted differs; {done.last_line}")
        decrypted.append(mode if same and hidden else f"**{mode} FAILED**")
        shaka.append(_shaka(case, mode, clear, locked, out, report))
    return [track["codec"], str(track["samples"]), str(priming), decoded, ", ".join(decrypted), ", ".join(shaka)]


def _samples(movie: mp4.Movie) -> list[bytes]:
    return [movie.sample_data(sample) for sample in movie.tracks[0].samples]


def _pcm(path: Path) -> bytes:
    done = run([tool("ffmpeg"), "-v", "error", "-i", path, "-map", "0:a:0", "-f", "s16le", path.with_suffix(".pcm")])
    pcm = path.with_suffix(".pcm")
    data = pcm.read_bytes() if pcm.is_file() else b""
    pcm.unlink(missing_ok=True)
    return data if data else done.last_line.encode()


def _decoded(case: Case, clear: Path, track: dict, priming: int, report: Report) -> str:
    """Equal behind the priming, or equal but for a tail of at most one frame."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"source{case.paths[0].suffix}"
        source.write_bytes(b"".join(p.read_bytes() for p in case.paths))
        if track["codec"].startswith("iamf"):
            same = _samples(mp4.Movie.open(source)) == _samples(mp4.Movie.open(clear))
            report.check(same, f"{case.name}: samples differ from the source's")
            return "same samples" if same else "**FAILED**"
        want, got = _pcm(source), _pcm(clear)
        fragmented = b"moof" in source.read_bytes()
    probe = run([tool("ffprobe"), "-v", "error", "-show_entries", "stream=channels,sample_rate", "-of", "json", clear])
    stream = json.loads(probe.out)["streams"][0]
    per_sample = 2 * int(stream["channels"])
    # This ffmpeg does not look at the edit list of a fragmented file; of Opus its decoder leaves PreSkip out.
    data = clear.read_bytes()
    at = data.find(b"dOps")
    done = int.from_bytes(data[at + 6 : at + 8], "big") if at > 0 else 0
    # With SBR this ffmpeg takes an edit list to count samples of the core coder, and leaves out twice as many.
    if track["codec"] in ("mp4a.40.5", "mp4a.40.29"):
        priming *= 2
    if not fragmented:
        got = got[max(priming - done, 0) * per_sample :]
    if want == got:
        report.check(len(got) > 1000, f"{case.name}: nothing is decoded: {got!r}")
        return "equal"
    short = min(len(want), len(got))
    tail = (len(got) - len(want)) // per_sample
    right = want[:short] == got[:short] and abs(tail) <= LONGEST_FRAME * int(stream["sample_rate"])
    first = next((i for i in range(0, short, 2) if want[i : i + 2] != got[i : i + 2]), short) // per_sample
    report.check(right, f"{case.name}: decoded {len(got)} bytes for {len(want)}, different from sample {first} on")
    return f"tail of {tail} samples" if right else "**FAILED**"


def _shaka(case: Case, mode: str, clear: Path, locked: mp4.Movie, out: Path, report: Report) -> str:
    theirs = out / f"shaka-{mode}.mp4"
    done = run([
        packager(), f"in={clear},stream=audio,output={theirs}", "--enable_raw_key_encryption",
        "--keys", f"label=:key_id={KID}:key={KEY}", "--clear_lead", "0", "--protection_scheme", mode,
        "--iv", IVS[mode], "--temp_dir", out,
    ])
    if done.code != 0 or not theirs.is_file():
        return f"({mode}: not read)"
    same = _samples(mp4.Movie.open(theirs)) == _samples(locked)
    report.check(same, f"{case.name} {mode}: sample data differs from shaka-packager's")
    return mode if same else f"**{mode} FAILED**"
