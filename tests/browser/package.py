"""The presentations that the players are given: the one place that knows which program makes them."""

from __future__ import annotations

import base64
import re
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
    for (language, codec), path in media.audio.items():
        stream(path, "audio", path.stem, f",language={language},hls_group_id={codec},hls_name={language}")
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
    if scheme != "clear":
        for playlist in [*folder.glob("video-*.m3u8"), *folder.glob("audio-*.m3u8")]:
            _signal_key(playlist, scheme)
    return Presentation(folder, scheme, layout)


def _signal_key(playlist: Path, scheme: str) -> None:
    """Writes the key tags that both players read: hls.js that of Clear Key, shaka-player any but that."""
    kid = bytes.fromhex(KID)
    widevine = b"\x12\x10" + kid
    pssh = bytes.fromhex("edef8ba979d64acea3c827dcd51d21ed") + len(widevine).to_bytes(4, "big") + widevine
    pssh = (12 + len(pssh)).to_bytes(4, "big") + b"pssh" + bytes(4) + pssh
    method = {"cbcs": "SAMPLE-AES", "cenc": "SAMPLE-AES-CTR"}[scheme]
    tags = "".join(
        f'#EXT-X-KEY:METHOD={method},URI="data:text/plain;base64,{base64.b64encode(data).decode()}",KEYID=0x{KID},KEYFORMAT="{format}"\n'
        for data, format in ((kid, "org.w3.clearkey"), (pssh, "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"))
    )
    text = re.sub("#EXT-X-KEY:.*\n", "", playlist.read_text())
    playlist.write_text(text.replace("#EXT-X-MAP", tags + "#EXT-X-MAP", 1))
