"""Prints what cbor2 reads in CBOR diagnostic notation (RFC 8949 §8), to compare with Typewire's printer.

Each line of stdin is the hex of one payload, each line of stdout its notation. Knows the kinds that travel
without tags; a float is printed with the digits that Python gives it.
"""

import json
import sys

import cbor2


def diagnose(value: object) -> str:
    if value is cbor2.undefined:
        return "undefined"
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, list):
        return f"[{', '.join(map(diagnose, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{diagnose(k)}: {diagnose(v)}" for k, v in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    for line in sys.stdin:
        print(diagnose(cbor2.loads(bytes.fromhex(line))))


if __name__ == "__main__":
    main()
