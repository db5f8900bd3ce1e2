"""Headers, and the proof of a shared secret, against the tables and the example of docs/wire.md."""

import re
import unittest
from pathlib import Path
from typing import Any

from typewire_peer import TypewireError
from typewire_peer.wire import decode_header, encode_frame, proof

PAGE = (Path(__file__).parents[4] / "docs" / "wire.md").read_text(encoding="utf-8")
LIMIT = 1_048_576


class Headers(unittest.TestCase):
    def test_have_the_outcomes_of_the_table(self) -> None:
        table = PAGE.split("| Header (hex) ")[1].split("\n\n")[0]
        rows = [[cell.strip(" `") for cell in line.split("|")[1:4]] for line in table.split("\n")[2:]]
        self.assertGreater(len(rows), 15)
        for header, _, outcome in rows:
            with self.subTest(header):
                try:
                    self.assertEqual(str(decode_header(bytes.fromhex(header), LIMIT)), outcome)
                except TypewireError as error:
                    self.assertEqual(error.code, outcome)

    def test_are_ten_bytes_in_front_of_the_message(self) -> None:
        self.assertEqual(encode_frame({"type": "a"}), b"8         " + bytes.fromhex("a164747970656161"))

    def test_a_message_that_the_peer_does_not_take_is_not_sent(self) -> None:
        with self.assertRaises(TypewireError) as caught:
            encode_frame({"type": "a"}, {"maxFrameBytes": 7})
        self.assertEqual(caught.exception.code, "frame-too-large")
        deep: Any = {"type": "a", "v": [[[1]]]}
        encode_frame(deep, {"maxNesting": 4, "maxItems": 8})
        for hello in ({"maxNesting": 3}, {"maxItems": 7}):
            with self.assertRaises(TypewireError) as caught:
                encode_frame(deep, hello)
            self.assertEqual(caught.exception.code, "cbor-limit")
        with self.assertRaises(TypewireError) as caught:
            encode_frame({"type": "a", "v": {"__proto__": 1}})
        self.assertEqual(caught.exception.code, "cbor-unsupported")


class Proofs(unittest.TestCase):
    def test_are_those_of_the_example(self) -> None:
        match = re.search(r"with the secret `([^`]+)`", PAGE)
        assert match is not None
        secret = match[1].encode()
        hellos = self._payloads("$hello")
        macs = self._payloads("$proof")
        for role in ("client", "server"):
            code = proof(secret, role, hellos["client"], hellos["server"])
            self.assertEqual(macs[role][-32:], code)

    def _payloads(self, kind: str) -> dict[str, bytes]:
        """By sender: the first payload of this type in the section on the secret."""
        section = PAGE.split("## The shared secret")[1].split("\n## ")[0]
        found: dict[str, bytes] = {}
        pattern = r"```hex (\w+)\n([^`]*)```\n\n```cbor-diag\n([^\n]*)"
        for sender, annotated, notation in re.findall(pattern, section):
            if f'"type": "{kind}"' in notation:
                found[sender] = bytes.fromhex(re.sub(r"#.*", "", annotated))[10:]
        return found


if __name__ == "__main__":
    unittest.main()
