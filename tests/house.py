"""Measures the code's layout: lengths of modules and functions, shares of imports and comments, names used twice.

    python -m tests.house [FOLDER]     print the table, of this repository or of another checkout of it

A module is a git-tracked Python file of the packages in `ROOTS` with more than one line: an `__init__.py` that holds
only its docstring is not counted. Generated stubs and the scripts that build model files are left out, and so is
`rushes_testing`, which no service contains. This definition gives 286 modules for commit 45c20d4.
"""

import ast
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from statistics import median

ROOTS = ("schemas", "client", "runtime", "models", "services", "cli")
LEFT_OUT = ("_pb2", "models/scripts/")
SHORT = 30
"""A module with fewer lines counts as short."""
SERVICE_MODULES = frozenset({"__init__", "__main__", "app", "settings", "worker"})
"""Every service has modules of these names, each with the same role."""
SERVICE_CLASSES = frozenset({"Settings"})
"""Every service has a class of this name, with the same role."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(frozen=True)
class Module:
    """One file. `path` is relative to the repository."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """Number of lines, blank ones included."""
        return len(self.text.splitlines())

    @property
    def service(self) -> str | None:
        """The service that it belongs to, or None."""
        return self.path.parts[1] if self.path.parts[0] == "services" else None

    def functions(self) -> Iterator[Function]:
        """Yield all functions, methods and inner functions."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def import_lines(self) -> int:
        """Return the number of lines of import statements, at any depth."""
        imports = (node for node in ast.walk(self.tree) if isinstance(node, ast.Import | ast.ImportFrom))
        return sum(map(length, imports))

    def comment_lines(self) -> int:
        """Return the number of lines with a comment, at their end or alone. Docstrings are not comments."""
        tokens = tokenize.generate_tokens(StringIO(self.text).readline)
        return len({token.start[0] for token in tokens if token.type == tokenize.COMMENT})

    def public(self) -> Iterator[Definition]:
        """Yield the public classes and functions, and the constructors and public methods of these classes."""
        for node in self.tree.body:
            if isinstance(node, Definition) and not node.name.startswith("_"):
                yield node
                inner = node.body if isinstance(node, ast.ClassDef) else []
                yield from (each for each in inner if isinstance(each, Function) and _is_api(each.name))

    def classes(self) -> Iterator[str]:
        """Yield the names of the public classes."""
        return (node.name for node in self.public() if isinstance(node, ast.ClassDef))


def read(folder: Path, paths: Iterable[Path]) -> list[Module]:
    """Read the files of `folder` that count as modules. Raises SyntaxError for a file that is not Python."""
    texts = {path: (folder / path).read_text("utf-8") for path in sorted(paths) if _counts(path)}
    return [Module(path, text, ast.parse(text)) for path, text in texts.items() if text.count("\n") > 1]


def tracked(folder: Path) -> list[Path]:
    """Return the Python files that git tracks and that exist, relative to `folder`."""
    command = ["git", "-C", str(folder), "ls-files", "-z", "*.py"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    # A file that was deleted and not staged yet is still listed.
    return [Path(name) for name in names if name and (folder / name).is_file()]


def length(node: ast.stmt) -> int:
    """Return the number of lines of a statement, without its decorators."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def table(modules: Sequence[Module]) -> dict[str, float]:
    """Return every measure by its name; shares in percent, to one decimal."""
    files = sorted(module.lines for module in modules)
    functions = sorted(length(node) for module in modules for node in module.functions())
    public = [node for module in modules for node in module.public()]
    documented = sum(ast.get_docstring(node) is not None for node in public)
    return {
        "modules": len(modules),
        "file: median lines": median(files),
        "file: p90 lines": p90(files),
        "file: max lines": files[-1],
        "function: median lines": median(functions),
        "function: p90 lines": p90(functions),
        "function: max lines": functions[-1],
        "modules below 30 lines, %": percent(sum(lines < SHORT for lines in files), len(files)),
        "most modules in one package": max(Counter(module.path.parent for module in modules).values()),
        "import lines, %": percent(sum(module.import_lines() for module in modules), sum(files)),
        "comment lines, %": percent(sum(module.comment_lines() for module in modules), sum(files)),
        "public API with docstring, %": percent(documented, len(public)),
        "module names used twice in services": len(module_names_used_twice(modules)),
        "class names defined twice": len(class_names_defined_twice(modules)),
    }


def module_names_used_twice(modules: Sequence[Module]) -> dict[str, list[str]]:
    """Return the names that two modules of the services have, with their paths; the services' roles are left out."""
    return _used_twice((m for m in modules if m.service), lambda module: {module.path.stem} - SERVICE_MODULES)


def class_names_defined_twice(modules: Sequence[Module]) -> dict[str, list[str]]:
    """Return the names that public classes of two modules have, with the modules' paths."""
    return _used_twice(modules, lambda module: set(module.classes()) - SERVICE_CLASSES)


def p90(values: Sequence[int]) -> int:
    """Return the value that nine tenths of the sorted values do not exceed."""
    return values[int(len(values) * 0.9)]


def percent(part: int, whole: int) -> float:
    """Return a share in percent, to one decimal."""
    return round(100 * part / whole, 1)


def _is_api(method: str) -> bool:
    return method == "__init__" or not method.startswith("_")


def _counts(path: Path) -> bool:
    return path.parts[0] in ROOTS and not any(part in path.as_posix() for part in LEFT_OUT)


def _used_twice(modules: Iterable[Module], names: Callable[[Module], set[str]]) -> dict[str, list[str]]:
    places: dict[str, list[str]] = {}
    for module in modules:
        for name in names(module):
            places.setdefault(name, []).append(module.path.as_posix())
    return {name: where for name, where in sorted(places.items()) if len(where) > 1}


def main() -> None:
    """Print the table, and the names that recur."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    modules = read(folder, tracked(folder))
    lines = [f"{name:<38}{value:>8g}" for name, value in table(modules).items()]
    for title, names in (
        ("module names used twice in services", module_names_used_twice(modules)),
        ("class names defined twice", class_names_defined_twice(modules)),
    ):
        lines += ["", f"{title}:", *(f"  {name}: {', '.join(where)}" for name, where in names.items())]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
