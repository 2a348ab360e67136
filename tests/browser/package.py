"""The presentations that the players are given: the one place that knows which program makes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from media import Media
from tools import KEY, KID, packager, run

SCHEMES = ["clear", "cbcs", "cenc"]
LAYOUTS = ["single file", "segments"]


@dataclass
class Presentation:
    """Two manifests of the same tracks, relative to `folder`."""

    folder: Path
    scheme: str
    layout: str
    mpd: str = "manifest.mpd"
    m3u8: str = "main.m3u8"


def package(media: Media, folder: Path, scheme: str, layout: str) -> Presentation:
    """Makes a presentation of all tracks in `folder`; video and audio encrypted by `scheme` with KEY unless it is clear.

    Raises RuntimeError with what the packager said.
    """
    single = layout == "single file"
    streams = []

    def stream(path: Path, kind: str, name: str, more: str) -> None:
        output = f"output={name}.mp4" if single else f"init_segment={name}/init.mp4,segment_template={name}/$Number$.m4s"
        streams.append(f"in={path},stream={kind},{output},playlist_name={name}.m3u8{more}")

    for path in media.video:
        stream(path, "video", path.stem, "")
    for language, path in media.audio.items():
        stream(path, "audio", path.stem, f",language={language},hls_group_id=audio,hls_name={language}")
    for language, path in media.text.items():
        stream(path, "text", path.stem, f",language={language},dash_only=1" + ("" if single else ",format=mp4"))
        text = f"output={path.stem}.vtt" if single else f"segment_template={path.stem}/$Number$.vtt"
        streams.append(f"in={path},stream=text,{text},language={language},hls_only=1,hls_group_id=text,hls_name={language},playlist_name={path.stem}.m3u8")
    options = [
        "--segment_duration", "1", "--mpd_output", "manifest.mpd", "--hls_master_playlist_output", "main.m3u8",
        "--default_language", "en", "--quiet",
    ]
    if single:
        options += ["--generate_static_live_mpd=false"]
    else:
        options += ["--generate_static_live_mpd"]
    if scheme != "clear":
        options += [
            "--enable_raw_key_encryption", "--keys", f"label=:key_id={KID}:key={KEY}", "--protection_scheme", scheme,
            "--protection_systems", "Common", "--clear_lead", "0",
        ]
    folder.mkdir(parents=True)
    made = run([packager(), *streams, *options], cwd=folder)
    if made.code:
        raise RuntimeError(made.err[-600:])
    return Presentation(folder, scheme, layout)
