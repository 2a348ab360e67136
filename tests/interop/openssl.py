"""Decrypts samples with `openssl enc`, by the maps in the file: slow, but it refuses no stream."""

from __future__ import annotations

import subprocess

import mp4
from tools import tool


def _run(cipher: str, data: bytes, key: str, iv: bytes) -> bytes:
    command = [tool("openssl"), "enc", "-d", f"-{cipher}", "-nopad", "-K", key, "-iv", iv.hex()]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def decrypt(movie: mp4.Movie, key: str) -> mp4.Movie:
    """The same movie with the samples of its AV1 track decrypted in place."""
    track = movie.av1()
    data = bytearray(movie.data)
    for sample in track.samples:
        entry = track.entries[sample.entry - 1]
        # (start, end) of what is encrypted, grouped by where the cipher starts anew.
        groups, at = [], sample.offset
        for clear, protected in sample.map or []:
            at += clear
            groups.append(_blocks(at, protected, entry) if entry.scheme == b"cbcs" else [(at, at + protected)])
            at += protected
        if entry.scheme == b"cenc":
            groups = [[r for g in groups for r in g]]
        cipher = "aes-128-cbc" if entry.scheme == b"cbcs" else "aes-128-ctr"
        iv = entry.constant_iv if entry.scheme == b"cbcs" else sample.iv.ljust(16, b"\0")
        for ranges in groups:
            joined = b"".join(bytes(data[a:b]) for a, b in ranges)
            if not joined:
                continue
            plain, done = _run(cipher, joined, key, iv), 0
            for a, b in ranges:
                data[a:b] = plain[done : done + b - a]
                done += b - a
    movie.data = bytes(data)
    return movie


def _blocks(at: int, length: int, entry: mp4.Entry) -> list[tuple[int, int]]:
    """The blocks of a protected range that the pattern encrypts; a partial block is never encrypted."""
    crypt, skip = entry.pattern if any(entry.pattern) else (1, 0)
    out, end = [], at + length
    while at + 16 <= end:
        size = min(16 * crypt, (end - at) // 16 * 16)
        out.append((at, at + size))
        at += size + 16 * skip
    return out
