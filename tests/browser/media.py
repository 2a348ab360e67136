"""The film that the players are given: every frame carries its own number, and its rendition's.

A frame is a flat colour of its second with a moving texture, which gives the encoder something to write, and two
strips of black and white cells: on top which rendition it is, at the bottom the number of the frame in binary. So one
picture proves that the right frame of the right rendition is shown.
"""

from __future__ import annotations

import hashlib
import math
import os
import random
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import tool

RATE = 25
SECONDS = 12
# Where key frames are, in seconds: segments of 1.5 to 3 s, the same in every rendition.
CUTS = [0, 2, 3.52, 6, 8, 11]
SIZES = [(320, 180), (480, 270), (640, 360)]
# Cells in a strip; the heights of the strips are parts of the height of the picture.
CELLS = 10
STRIP = 6
# How far the colours of the seconds are from grey, in steps of 8 bits.
CHROMA = 16
# Language, codec, encoder, frequency of the tone in hertz.
AUDIO = [("en", "aac", "aac", 440), ("fr", "aac", "aac", 880), ("en", "opus", "libopus", 550), ("fr", "opus", "libopus", 990)]
# Begin and end in seconds, words by language.
CUES = [
    (1.0, 3.0, {"en": "Who is there?", "fr": "Qui est là ?"}),
    (3.0, 5.5, {"en": "Only the wind.", "fr": "Rien que le vent."}),
    (7.0, 9.5, {"en": "Fish & chips <3", "fr": "Poisson & frites <3"}),
]


@dataclass
class Media:
    """The files to be packaged: of video one a rendition, lowest first; of audio one a language and codec; of text one a language."""

    video: list[Path]
    audio: dict[tuple[str, str], Path]
    text: dict[str, Path]


def _frames(width: int, height: int, rendition: int):
    """The frames of a rendition as planes of 4:2:0."""
    chance = random.Random(rendition)
    strip = height // STRIP
    texture = bytes(int(126 + 20 * math.sin(i / 5) + chance.randint(-20, 20)) for i in range(width * 8))
    cell = width // CELLS

    def cells(bits) -> bytes:
        row = b"".join((b"\xeb" if bit else b"\x10") * cell for bit in bits)
        return (row + b"\x10" * (width - len(row))) * strip

    top = cells(i == rendition for i in range(CELLS))
    for number in range(RATE * SECONDS):
        starts = ((3 * number + 7 * y + (y // 16) * 131) % (7 * width) for y in range(height - 2 * strip))
        middle = b"".join(texture[start : start + width] for start in starts)
        bottom = cells(number >> (CELLS - 1 - i) & 1 for i in range(CELLS))
        angle = 2 * math.pi * (number // RATE) / SECONDS
        chroma = [bytes([int(128 + CHROMA * part)]) * (width // 2 * ((height + 1) // 2)) for part in (math.cos(angle), math.sin(angle))]
        yield top + middle + bottom + b"".join(chroma)


def _encode_video(path: Path, size: tuple[int, int], rendition: int) -> None:
    width, height = size
    command = [
        tool("ffmpeg"), "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(RATE), "-i", "-",
        "-c:v", "libaom-av1", "-cpu-used", "6", "-row-mt", "1", "-b:v", f"{2 * width}k", "-g", "9999", "-threads", "2",
        "-tile-columns", "1", "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv",
        "-force_key_frames", ",".join(map(str, CUTS)), "-y", path,
    ]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)
    for frame in _frames(width, height, rendition):
        child.stdin.write(frame)
    child.stdin.close()
    if child.wait():
        raise RuntimeError(f"ffmpeg could not encode {path.name}")


def _encode_audio(path: Path, encoder: str, tone: int) -> None:
    source = f"sine=frequency={tone}:sample_rate=48000:duration={SECONDS}"
    command = [tool("ffmpeg"), "-v", "error", "-f", "lavfi", "-i", source, "-ac", "2", "-c:a", encoder, "-b:a", "64k", "-y", path]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _time(seconds: float) -> str:
    return f"00:00:{seconds:06.3f}"


def _write_text(path: Path, language: str) -> None:
    escape = lambda words: words.replace("&", "&amp;").replace("<", "&lt;")
    cues = [f"{_time(begin)} --> {_time(end)}\n{escape(words[language])}\n" for begin, end, words in CUES]
    path.write_text("\n".join(["WEBVTT\n", *cues]))


def media() -> Media:
    """The film, made once on a machine: in the cache, under the hash of this file."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "showpack"
    folder = cache / f"browser-{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]}"
    made = Media(
        [folder / f"video-{height}.mp4" for _, height in SIZES],
        {(language, codec): folder / f"audio-{codec}-{language}.mp4" for language, codec, *_ in AUDIO},
        {language: folder / f"text-{language}.vtt" for language in CUES[0][2]},
    )
    if folder.is_dir():
        return made
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        new = Path(name) / "new"
        new.mkdir()
        with ThreadPoolExecutor() as pool:
            list(pool.map(_encode_video, [new / path.name for path in made.video], SIZES, range(len(SIZES))))
        for language, codec, encoder, tone in AUDIO:
            _encode_audio(new / made.audio[language, codec].name, encoder, tone)
        for language, path in made.text.items():
            _write_text(new / path.name, language)
        try:
            new.rename(folder)
        except OSError:
            # Another run was quicker.
            shutil.rmtree(new, ignore_errors=True)
    return made
