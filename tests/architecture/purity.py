"""Finds, in source code, what a package without I/O, clock and global randomness may not use."""

import ast
from collections.abc import Iterator

BANNED_MODULES = frozenset(
    "asyncio http multiprocessing secrets select selectors socket sqlalchemy sqlite3 ssl starlette "
    "subprocess threading time urllib uvicorn websockets zmq".split()
)
# Allowed of modules that also have global state: what takes its seed as an argument.
SEEDED_OF_RANDOM = frozenset({"Random"})
SEEDED_OF_NUMPY = frozenset({"Generator", "SeedSequence", "PCG64", "Philox", "BitGenerator"})
CLOCKS = frozenset({"now", "utcnow", "today"})
CLOCK_OWNERS = frozenset({"datetime", "date"})
FILE_METHODS = frozenset({"read_text", "read_bytes", "write_text", "write_bytes"})
FRESH_IDS = frozenset({"uuid1", "uuid4", "uuid6", "uuid7"})


def impurities(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each use of a clock, of I/O or of global randomness."""
    for node in ast.walk(tree):
        for name in _offences(node):
            yield getattr(node, "lineno", 0), name


def _offences(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names if _root(alias.name) in BANNED_MODULES)
        case ast.ImportFrom(module=str(module), names=names):
            yield from (f"{module}.{alias.name}" for alias in names if _is_banned_from(module, alias.name))
        case ast.Call(func=ast.Name(id="open" | "input" as name)):
            yield name
        case ast.Call(func=ast.Attribute(attr="default_rng"), args=[]):
            yield "default_rng() without a seed"
        case ast.Attribute():
            yield from _attribute_offences(node)
        case _:
            pass


def _attribute_offences(node: ast.Attribute) -> Iterator[str]:
    owner = ast.unparse(node.value)
    name = f"{owner}.{node.attr}"
    is_clock = node.attr in CLOCKS and owner.rpartition(".")[2] in CLOCK_OWNERS
    is_global_random = owner == "random" and node.attr not in SEEDED_OF_RANDOM
    is_numpy_global = owner in {"np.random", "numpy.random"} and not _is_seeded_numpy(node.attr)
    is_fresh_id = owner == "uuid" and node.attr in FRESH_IDS
    is_system = owner == "os" and node.attr in {"environ", "getenv", "urandom"}
    is_file = node.attr in FILE_METHODS
    if is_clock or is_global_random or is_numpy_global or is_fresh_id or is_system or is_file:
        yield name


def _is_banned_from(module: str, name: str) -> bool:
    if module == "random":
        return name not in SEEDED_OF_RANDOM
    if module == "numpy.random":
        return not _is_seeded_numpy(name)
    return _root(module) in BANNED_MODULES or (module == "uuid" and name in FRESH_IDS)


def _is_seeded_numpy(name: str) -> bool:
    return name in SEEDED_OF_NUMPY or name == "default_rng"


def _root(module: str) -> str:
    return module.partition(".")[0]
