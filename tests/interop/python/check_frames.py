"""Judges what Typewire's codec writes with cbor2, an independent decoder.

    python3 check_frames.py FRAMES EXPECTED ECHO

FRAMES holds frames as they would travel, EXPECTED what each must decode to: a JSON array of descriptions
(see `describe`). Prints each difference and exits 1 if there is one. ECHO receives the same values as
cbor2 writes them: each in its default form, then in its canonical (RFC 7049) form.
"""

import json
import struct
import sys
from pathlib import Path

import cbor2

HEADER_BYTES = 10


def split_frames(data: bytes) -> list[bytes]:
    payloads = []
    while data:
        header, data = data[:HEADER_BYTES], data[HEADER_BYTES:]
        length = int(header)
        payloads.append(data[:length])
        data = data[length:]
    return payloads


def describe(value: object) -> object:
    """Says in JSON what JSON cannot: integer or float, bytes or text, the order and type of keys."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": struct.pack(">d", value).hex()}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list):
        return [describe(item) for item in value]
    if isinstance(value, dict):
        return {"map": [[describe(key), describe(item)] for key, item in value.items()]}
    if value is cbor2.undefined:
        return {"undefined": True}
    raise TypeError(f"expected a value without tags, got {type(value).__name__}")


def frame(payload: bytes) -> bytes:
    return str(len(payload)).ljust(HEADER_BYTES).encode("ascii") + payload


def main() -> int:
    frames, expected_file, echo = map(Path, sys.argv[1:])
    payloads = split_frames(frames.read_bytes())
    expected = json.loads(expected_file.read_text(encoding="utf-8"))
    if len(payloads) != len(expected):
        print(f"expected {len(expected)} frames, got {len(payloads)}")
        return 1
    differences = 0
    with echo.open("wb") as out:
        for index, (payload, description) in enumerate(zip(payloads, expected, strict=True)):
            value = cbor2.loads(payload)
            if describe(value) != description:
                differences += 1
                print(f"frame {index}: expected {description}, got {describe(value)}")
            out.write(frame(cbor2.dumps(value)) + frame(cbor2.dumps(value, canonical=True)))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
