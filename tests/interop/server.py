"""A local HTTP server for browsers: single files, whole folders, byte ranges, and Clear Key licences."""

from __future__ import annotations

import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".vtt": "text/vtt", ".ttml": "application/ttml+xml",
    ".mpd": "application/dash+xml", ".m3u8": "application/vnd.apple.mpegurl",
}
PAGE = b"<!doctype html><meta charset=utf-8><video id=v muted playsinline></video>"


def base64url(text: str) -> str:
    """Hexadecimal digits as base64url without padding, as JSON Web Keys have it."""
    return base64.urlsafe_b64encode(bytes.fromhex(text)).decode().rstrip("=")


class Server:
    """Serves `files` (by their path on the server) and `folders` (by the first part of it) on a port of its own.

    `/` is a page with nothing but a video element. A POST to `/licence/KID:KEY,KID:KEY` answers a Clear Key
    request with all these keys: hls.js asks for the first one only. `missing` holds the paths that were asked for in vain.
    """

    def __init__(self):
        self.files: dict[str, Path] = {}
        self.folders: dict[str, Path] = {}
        self.missing: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = urlsplit(self.path).path
                if path == "/":
                    return self.answer(200, PAGE, "text/html")
                found = server.find(path)
                if not found:
                    if path != "/favicon.ico":
                        server.missing.append(path)
                    return self.answer(404, b"", "text/plain")
                body = found.read_bytes()
                kind = TYPES.get(found.suffix, "video/mp4")
                asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
                if not asked:
                    return self.answer(200, body, kind)
                first, last = int(asked[1]), min(int(asked[2] or len(body) - 1), len(body) - 1)
                if first > last:
                    return self.answer(416, b"", kind, f"bytes */{len(body)}")
                self.answer(206, body[first : last + 1], kind, f"bytes {first}-{last}/{len(body)}")

            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                if not re.fullmatch(r"/licence/(\w{32}:\w{32},?)+", self.path):
                    server.missing.append(self.path)
                    return self.answer(404, b"", "text/plain")
                pairs = [map(base64url, pair.split(":")) for pair in self.path.split("/")[-1].split(",")]
                licence = {"keys": [{"kty": "oct", "kid": kid, "k": key} for kid, key in pairs]}
                self.answer(200, json.dumps(licence).encode(), "application/json")

            def answer(self, status: int, body: bytes, kind: str, range: str | None = None):
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.send_header("accept-ranges", "bytes")
                self.send_header("cache-control", "no-store")
                if range:
                    self.send_header("content-range", range)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    # The page went away, or gave the request up.
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.http = Quiet(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}{path}"

    def find(self, path: str) -> Path | None:
        """The file behind a path of the server."""
        path = unquote(path)
        if path in self.files:
            return self.files[path]
        _, name, rest = [*path.split("/", 2), "", ""][:3]
        folder = self.folders.get(name)
        if not folder:
            return None
        found = (folder / rest).resolve()
        return found if found.is_file() and found.is_relative_to(folder.resolve()) else None

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
