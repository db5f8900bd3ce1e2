"""The package stays small enough to be read in one sitting."""

import ast
import io
import sys
import tokenize
import unittest
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "typewire_peer"
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def lines_of_code(source: str) -> int:
    """Lines with code on them: no blank lines, comments and docstrings."""
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                docstrings.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


class Size(unittest.TestCase):
    def test_is_under_500_lines_of_code_and_calls_under_600_more(self) -> None:
        lines = {path.name: lines_of_code(path.read_text(encoding="utf-8")) for path in PACKAGE.glob("*.py")}
        calls = sum(lines.pop(name) for name in ("calls.py", "call_machine.py", "items.py"))
        self.assertGreater(len(lines), 4)
        self.assertLess(sum(lines.values()), 500)
        self.assertLess(calls, 600)

    def test_imports_the_standard_library_only(self) -> None:
        for path in PACKAGE.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [node.module or ""]
                for name in names:
                    self.assertIn(name.split(".")[0], sys.stdlib_module_names)


if __name__ == "__main__":
    unittest.main()
