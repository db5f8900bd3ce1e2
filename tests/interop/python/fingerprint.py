"""The fingerprint of a protocol's description, as docs/wire.md has it: two ends compare it for equality.

    python3 fingerprint.py < description.json
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

_SECTIONS: Final = ("$defs", "auth", "calls", "client", "server")
_NOTES: Final = {"title", "description", "examples", "default"}
_NAMING: Final = {"properties", "patternProperties", "$defs"}
"""Keywords whose object has names for keys."""


def fingerprint(description: Mapping[str, Any]) -> str:
    """Sixteen hexadecimal digits: FNV-1a of 64 bits over the canonical text."""
    code = 0xCBF29CE484222325
    for byte in canonical(description).encode():
        code = (code ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{code:016x}"


def canonical(description: Mapping[str, Any]) -> str:
    """All schemas as canonical JSON, without what asks nothing of a value."""
    return _object((name, _section(name, description[name])) for name in _SECTIONS if name in description)


def _section(name: str, section: Mapping[str, Any]) -> str:
    if name == "auth":
        return _schema(section)
    if name == "calls":
        return _object((call, _call(parts)) for call, parts in section.items())
    return _names(section)


def _call(parts: Mapping[str, Any]) -> str:
    return _object((part, _names(value) if part == "errors" else _schema(value)) for part, value in parts.items())


def _names(schemas: Mapping[str, Any]) -> str:
    return _object((name, _schema(schema)) for name, schema in schemas.items())


def _schema(part: Any) -> str:
    match part:
        case Mapping():
            kept = ((name, value) for name, value in part.items() if name not in _NOTES)
            return _object((name, _names(value) if name in _NAMING else _schema(value)) for name, value in kept)
        case list():
            return f"[{','.join(map(_schema, part))}]"
        case str():
            return _text(part)
        case None | bool():
            return json.dumps(part)
        case _:
            return _number(part)


def _object(entries: Iterable[tuple[str, str]]) -> str:
    by_units = sorted(entries, key=lambda entry: entry[0].encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{_text(name)}:{value}" for name, value in by_units) + "}"


def _text(text: str) -> str:
    return re.sub("[\ud800-\udfff]", lambda unit: f"\\u{ord(unit[0]):04x}", json.dumps(text, ensure_ascii=False))


def _number(value: float) -> str:
    """A double as ECMAScript writes it: the shortest digits that read back as the same."""
    if value == 0:
        return "0"
    sign, numerals, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    digits, point = "".join(map(str, numerals)), len(numerals) + int(exponent)
    if 0 < point <= 21:
        whole, fraction = digits.ljust(point, "0")[:point], digits[point:]
        text = f"{whole}.{fraction}" if fraction else whole
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = f"{digits[0]}.{digits[1:]}".rstrip(".") + f"e{point - 1:+d}"
    return "-" * sign + text


if __name__ == "__main__":
    print(fingerprint(json.load(sys.stdin)))
