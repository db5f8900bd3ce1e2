"""The fingerprint of a description, against the example of docs/wire.md."""

import json
import re
import unittest
from pathlib import Path
from typing import Any

from fingerprint import canonical, fingerprint

PAGE = (Path(__file__).parents[4] / "docs" / "wire.md").read_text(encoding="utf-8")


def block(info: str) -> str:
    match = re.search(rf"^```{info}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[1]


def described(schema: Any) -> str:
    """The canonical text of a schema, of all that stands around it in a description."""
    text = canonical({"server": {"m": schema}, "client": {}})
    return text.removeprefix('{"client":{},"server":{"m":').removesuffix("}}")


class Fingerprints(unittest.TestCase):
    def test_is_that_of_the_example(self) -> None:
        description = json.loads(block("json description"))
        self.assertEqual(canonical(description), block("text canonical").rstrip("\n"))
        self.assertEqual(fingerprint(description), description["fingerprint"])
        self.assertIn(f"is `{description['fingerprint']}`", PAGE)

    def test_leaves_out_what_asks_nothing_but_no_name(self) -> None:
        notes = {"title": "t", "description": "d", "examples": [], "default": None}
        schema = {"properties": {"title": {"type": "null", **notes}}, **notes}
        self.assertEqual(described(schema), '{"properties":{"title":{"type":"null"}}}')
        self.assertEqual(described({"properties": {"properties": {"title": "t"}}}), '{"properties":{"properties":{}}}')

    def test_covers_calls_and_what_clients_show_and_keeps_their_names(self) -> None:
        string = {"type": "string", "title": "t"}
        call = {"input": string, "errors": {"title": string}, "idempotent": True}
        description = {"client": {}, "server": {}, "auth": string, "calls": {"title": call}}
        parts = '"errors":{"title":{"type":"string"}},"idempotent":true,"input":{"type":"string"}'
        text = '{"auth":{"type":"string"},"calls":{"title":{' + parts + '}},"client":{},"server":{}}'
        self.assertEqual(canonical(description), text)

    def test_writes_texts_and_keys_as_json_does(self) -> None:
        self.assertEqual(described({"const": 'ñ"\\\n\x01\x7f\ud800🎉'}), '{"const":"ñ\\"\\\\\\n\\u0001\x7f\\ud800🎉"}')
        self.assertEqual(described({"\uffff": 1, "🎉": 2}), '{"🎉":2,"\uffff":1}')

    def test_writes_numbers_as_ecmascript_does(self) -> None:
        numbers = {
            -0.0: "0",
            1.0: "1",
            -1.5: "-1.5",
            1e20: "100000000000000000000",
            1e21: "1e+21",
            1.25e21: "1.25e+21",
            123456789012345680000: "123456789012345680000",
            0.000001: "0.000001",
            1e-7: "1e-7",
            -5e-324: "-5e-324",
            8640000000000000: "8640000000000000",
            0.1: "0.1",
        }
        for value, text in numbers.items():
            self.assertEqual(described({"const": value}), f'{{"const":{text}}}')


if __name__ == "__main__":
    unittest.main()
