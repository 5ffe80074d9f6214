"""Checks of the source tree: module arrows, third parties, sizes, sources listed in CMake.

Each takes the root of a tree and returns sentences, one per offence; an empty list is a pass.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# Who may include whom; what stands behind an arrow is open too, and `base` to everyone.
ARROWS = {
    "relay": {"delivery", "privacy", "audit"},
    "delivery": {"queue", "target", "http", "auth"},
    "target": {"queue", "http", "json"},
    "auth": {"http", "json"},
    "queue": {"audit", "sqlite", "json"},
    "audit": {"json"},
    "privacy": {"mapping"},
    "mapping": {"event"},
    "event": {"json"},
    "sqlite": set(),
    "http": set(),
    "json": set(),
    "base": set(),
}

# Public headers that are not named after their module.
PUBLIC_HEADERS = {
    "checkpoint": "audit",
    "clock": "base",
    "errors": "base",
    "forget": "queue",
    "retention": "queue",
    "tombstone": "audit",
    "version": "base",
    "updater": "delivery",
    "libraries": "relay",
}

# Where each third party may be included. None may be in a public header.
THIRD_PARTIES = {
    "simdjson": (r"simdjson\.h", r"cpp/src/json/"),
    "sqlite3": (r"sqlite3(ext)?\.h", r"cpp/src/sqlite/"),
    "libcurl": (r"curl/", r"cpp/src/http/"),
    "OpenSSL": (r"openssl/", r"cpp/src/base/(digest|ed25519|hmac)\."),
    "zlib": (r"zlib\.h|zconf\.h", r"cpp/src/base/gzip\."),
    "fmt": (r"fmt/", r"cpp/src/"),
    "pybind11": (r"pybind11/|Python\.h", r"python/bindings/"),
}
STANDARD_HEADER = re.compile(r"[a-z_0-9]+")
SYSTEM_HEADER = re.compile(
    r"(sys|linux|netinet|arpa)/\w+\.h"
    r"|(dirent|errno|fcntl|link|netdb|poll|pthread|sched|semaphore|signal|spawn|syslog|time|unistd)\.h"
    r"|(immintrin|arm_neon)\.h"
)

MAX_LINES = 500
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
NOISE = re.compile(r"\bstd::(cout|cerr|clog|abort|terminate)\b|\bfmt::print|\bf?printf\s*\(")
EMPTY_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


class Include(NamedTuple):
    """One include line: where it stands and what it names."""

    file: str  # relative to the root
    quoted: bool
    name: str


def reachable(module: str) -> set[str]:
    """Every module that `module` may include: itself, what stands to its right, and base."""
    found = {module, "base"}
    waiting = [module]
    while waiting:
        for target in ARROWS[waiting.pop()] - found:
            found.add(target)
            waiting.append(target)
    return found


def source_files(root: Path, *folders: str, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """The files below `folders` with one of `suffixes`, in order."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path


def includes(root: Path, *folders: str) -> Iterator[Include]:
    """Every include line of the C++ files below `folders`."""
    for path in source_files(root, *folders, suffixes=(".hpp", ".cpp", ".h", ".inc")):
        for bracket, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            yield Include(path.relative_to(root).as_posix(), bracket == '"', name)


def module_of_public(name: str) -> str:
    """The module whose promise the public header cxrelay/<name>.hpp is."""
    return PUBLIC_HEADERS.get(name, name)


def module_of_file(file: str) -> str:
    """The module that a file of cpp/src or cpp/include belongs to."""
    path = Path(file)
    return path.parts[2] if path.parts[1] == "src" else module_of_public(path.stem)


def module_arrow_offences(root: Path) -> list[str]:
    """Includes between modules that go against the arrows, and names that no module has."""
    found = []
    for include in includes(root, "cpp/include", "cpp/src"):
        source = module_of_file(include.file)
        if source not in ARROWS:
            found.append(f"{include.file}: there is no module {source!r}")
        elif include.quoted:
            folder, _, rest = include.name.partition("/")
            target = module_of_public(Path(rest).stem) if folder == "cxrelay" else folder
            if target not in ARROWS or not rest:
                found.append(f"{include.file}: {include.name!r} does not begin with a module")
            elif target not in reachable(source):
                found.append(f"{include.file}: {source} may not include {target} ({include.name})")
            elif include.file.startswith("cpp/include/") and folder != "cxrelay":
                found.append(f"{include.file}: a public header includes the private {include.name}")
    return found


def binding_offences(root: Path) -> list[str]:
    """Bindings know the public headers only."""
    own = {path.name for path in (root / "python/bindings").glob("*.hpp")}
    return [
        f"{include.file}: bindings may not include the private {include.name}"
        for include in includes(root, "python/bindings")
        if include.quoted and include.name not in own and not include.name.startswith("cxrelay/")
    ]


def third_party_of(header: str) -> str:
    """The third party that a header belongs to, or nothing."""
    for party, (headers, _) in THIRD_PARTIES.items():
        if re.match(headers, header):
            return party
    return ""


def third_party_offences(root: Path) -> list[str]:
    """Third parties outside their folder or in a public header, and unknown ones."""
    found = []
    for include in includes(root, "cpp/include", "cpp/src", "python/bindings"):
        party = third_party_of(include.name)
        if party:
            if not re.match(THIRD_PARTIES[party][1], include.file):
                found.append(f"{include.file}: {party} does not belong here ({include.name})")
        elif include.quoted or STANDARD_HEADER.fullmatch(include.name):
            continue
        elif include.file.startswith("cpp/include/"):
            found.append(f"{include.file}: a public header includes <{include.name}>")
        elif not SYSTEM_HEADER.fullmatch(include.name):
            found.append(f"{include.file}: <{include.name}> is no listed third party")
    return found


def size_offences(root: Path) -> list[str]:
    """Files that have grown too long, unless their first lines say that they are generated.

    A stub is as long as the list of what its module has: one module has one stub.
    """
    found = []
    for path in source_files(root, "cpp", "python", suffixes=(".hpp", ".cpp", ".py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > MAX_LINES and "generated" not in " ".join(lines[:3]).lower():
            found.append(f"{path.relative_to(root)}: {len(lines)} lines, more than {MAX_LINES}")
    return found


def name_offences(root: Path) -> list[str]:
    """Files and folders whose name says nothing."""
    return [
        f"{path.relative_to(root)}: a name that says nothing"
        for folder in ("cpp", "python", "tests")
        for path in sorted((root / folder).rglob("*"))
        if path.stem.lower() in EMPTY_NAMES
    ]


def cmake_offences(root: Path) -> list[str]:
    """Sources that no CMakeLists.txt lists, and listed ones that do not exist."""
    found = []
    listed: set[Path] = set()
    for folder in ("cpp", "tests/cpp", "python/bindings"):
        for lists in sorted((root / folder).rglob("CMakeLists.txt")):
            text = re.sub(r"#.*", "", lists.read_text(encoding="utf-8"))
            text = text.replace("${PROJECT_SOURCE_DIR}", str(root))
            for name in re.findall(r"[^\s()\"]+\.cpp\b", text):
                source = (lists.parent / name).resolve()
                listed.add(source)
                if not source.is_file():
                    found.append(f"{lists.relative_to(root)}: {name} does not exist")
    for path in source_files(root, "cpp/src", "tests/cpp", "python/bindings", suffixes=(".cpp",)):
        if path.resolve() not in listed:
            found.append(f"{path.relative_to(root)}: no CMakeLists.txt lists it")
    return found


def _matches(root: Path, pattern: re.Pattern[str], *folders: str) -> list[str]:
    found = []
    for path in source_files(root, *folders, suffixes=(".hpp", ".cpp")):
        code = COMMENT.sub("", path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(root)}: {match[0]}" for match in pattern.finditer(code)]
    return found


def sleep_offences(root: Path) -> list[str]:
    """Sleeps in C++ tests: a test waits for a fact, not for time.

    A server in tests/support may be slow on purpose.
    """
    return _matches(root, SLEEP, "tests/cpp")


def noise_offences(root: Path) -> list[str]:
    """Places where the engine prints or aborts."""
    return _matches(root, NOISE, "cpp/src", "cpp/include")
