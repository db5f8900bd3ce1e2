"""The CBOR of typewire_peer against RFC 8949's examples and against bytes that are no item."""

import json
import math
import unittest
from pathlib import Path
from typing import Any

from typewire_peer import TypewireError, cbor

FIXTURES = Path(__file__).parents[4] / "packages" / "protocol" / "test" / "fixtures"


def vectors(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


class Vectors(unittest.TestCase):
    def test_appendix_a_of_rfc_8949(self) -> None:
        refused = 0
        for vector in vectors("rfc8949-appendix-a.json")["vectors"]:
            data = bytes.fromhex(vector["hex"])
            with self.subTest(vector["diagnostic"]):
                if is_outside_profile(data[0], vector["diagnostic"]):
                    refused += 1
                    self.assertEqual(code_of(data), "cbor-unsupported")
                    continue
                value = cbor.loads(data)
                if "decoded" in vector:
                    self.assertEqual(value, vector["decoded"])
                if vector["roundtrip"]:
                    self.assertEqual(cbor.dumps(value), data)
        self.assertEqual(refused, 22)

    def test_what_is_not_well_formed_is_refused(self) -> None:
        broken = [vector for vector in vectors("malformed.json") if vector["wellFormed"] == "no"]
        self.assertGreater(len(broken), 350)
        for vector in broken:
            with self.subTest(vector["why"], hex=vector["hex"]):
                self.assertIn(code_of(bytes.fromhex(vector["hex"])), ("cbor-malformed", "cbor-unsupported"))

    def test_an_item_is_read_from_its_bytes_alone(self) -> None:
        whole = cbor.dumps({"type": "say", "text": "hola", "n": [1.5, None, {2: b"\0"}]})
        for length in range(len(whole)):
            self.assertEqual(code_of(whole[:length]), "cbor-malformed")
        self.assertEqual(code_of(whole + b"\0"), "cbor-malformed")

    def test_keys_are_text_or_integers_and_stand_once(self) -> None:
        for hex_, code in [
            ("a201000100", "cbor-malformed"),
            ("a2010019000100", "cbor-malformed"),
            ("a1f500", "cbor-unsupported"),
            ("a1410000", "cbor-unsupported"),
            ("a1f93c0000", "cbor-unsupported"),
            ("a1695f5f70726f746f5f5f00", "cbor-unsupported"),
        ]:
            with self.subTest(hex_):
                self.assertEqual(code_of(bytes.fromhex(hex_)), code)


def is_outside_profile(initial: int, diagnostic: str) -> bool:
    """A tag, an indefinite length somewhere, undefined, or a simple value without a meaning."""
    return initial >> 5 == 6 or "_ " in diagnostic or diagnostic == "undefined" or "simple" in diagnostic


def code_of(data: bytes) -> str:
    """The code with which these bytes are refused; empty where they are not."""
    try:
        cbor.loads(data)
    except TypewireError as error:
        return error.code
    return ""


class Values(unittest.TestCase):
    def test_are_written_in_the_shortest_form_and_read_back(self) -> None:
        for value, expected in [
            (0, "00"),
            (23, "17"),
            (24, "1818"),
            (255, "18ff"),
            (256, "190100"),
            (65_536, "1a00010000"),
            (2**64 - 1, "1bffffffffffffffff"),
            (-1, "20"),
            (-(2**64), "3bffffffffffffffff"),
            (1.5, "f93e00"),
            (-0.0, "f98000"),
            (0.1, "fb3fb999999999999a"),
            (65_504.0, "f97bff"),
            (100_000.0, "fa47c35000"),
            (1e300, "fb7e37e43c8800759c"),
            (math.inf, "f97c00"),
            (True, "f5"),
            (None, "f6"),
            (b"\x01\x02", "420102"),
            ("ñ", "62c3b1"),
            ([1, [2]], "82018102"),
            ({1: "Hola", "a": []}, "a20164486f6c61616180"),
        ]:
            with self.subTest(value=value):
                self.assertEqual(cbor.dumps(value).hex(), expected)
                self.assertEqual(cbor.loads(bytes.fromhex(expected)), value)

    def test_nan_is_one(self) -> None:
        self.assertEqual(cbor.dumps(math.nan).hex(), "f97e00")
        self.assertTrue(math.isnan(cbor.loads(bytes.fromhex("f97e00"))))

    def test_what_has_no_form_is_refused(self) -> None:
        for value in (object(), {1, 2}, 1j, 2**64):
            with self.subTest(value=value), self.assertRaises((TypeError, OverflowError)):
                cbor.dumps(value)
        with self.assertRaises(UnicodeEncodeError):
            cbor.dumps("\ud800")


class Limits(unittest.TestCase):
    def test_levels_count_from_the_message(self) -> None:
        at_the_limit = b"\x81" * 32 + b"\x00"
        self.assertIsInstance(cbor.loads(at_the_limit), list)
        self.assertEqual(code_of(b"\x81" + at_the_limit), "cbor-limit")

    def test_each_key_and_value_is_an_item(self) -> None:
        self.assertEqual(cbor.loads(b"\xa1\x01\x02", max_items=3), {1: 2})
        with self.assertRaises(TypewireError):
            cbor.loads(b"\xa1\x01\x02", max_items=2)

    def test_a_declared_count_takes_no_memory(self) -> None:
        self.assertEqual(code_of(bytes.fromhex("9affffffff")), "cbor-malformed")
        self.assertEqual(code_of(bytes.fromhex("bbffffffffffffffff")), "cbor-malformed")


if __name__ == "__main__":
    unittest.main()
