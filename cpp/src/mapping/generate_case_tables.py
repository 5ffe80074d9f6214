"""Writes case_tables.inc: the case rules of Python's str.upper() and str.lower() as compact tables.

Run it with the Python whose Unicode version the engine should follow (3.11 has Unicode 14)::

    python3.11 generate_case_tables.py > case_tables.inc

Everything is observed from str's own methods, so the tables hold exactly what Python does. The two
properties that decide about a final sigma are not exposed by unicodedata; they follow from how "c"
before a capital sigma changes ``lower()``. With ``--assigned`` it writes the assigned code points
instead, for the tests.
"""

import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator

SIGMA, FINAL_SIGMA = "\u03a3", "\u03c2"


def code_points() -> Iterator[int]:
    """Every code point that UTF-8 can carry beyond ASCII."""
    yield from range(0x80, 0xD800)
    yield from range(0xE000, 0x110000)


def simple_and_special(
    convert: Callable[[str], str],
) -> tuple[list[tuple[int, int]], list[list[int]]]:
    """Splits a conversion into (code point, delta) pairs and one-to-many rows; no identities."""
    simple, special = [], []
    for cp in code_points():
        to = [ord(c) for c in convert(chr(cp))]
        if len(to) > 1:
            special.append([cp, *to])
        elif to[0] != cp:
            simple.append((cp, to[0] - cp))
    return simple, special


def delta_ranges(pairs: list[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """Joins pairs of one delta that stand 1 or 2 apart: (first, last, stride, delta)."""
    ranges: list[tuple[int, int, int, int]] = []
    for cp, delta in pairs:
        if ranges:
            first, last, stride, known = ranges[-1]
            step = cp - last
            if known == delta and step in (1, 2) and (first == last or step == stride):
                ranges[-1] = (first, cp, step, delta)
                continue
        ranges.append((cp, cp, 1, delta))
    return ranges


def is_final_after(text: str) -> bool:
    """Says whether a sigma behind `text` is a final one."""
    return (text + SIGMA).lower()[-1] == FINAL_SIGMA


def sigma_class(cp: int) -> str:
    """What `cp` means to a sigma beside it: looked through, a letter with case, or neither."""
    c = chr(cp)
    if is_final_after(c):
        return "cased"
    return "ignorable" if is_final_after("A" + c) else ""


def class_ranges() -> list[tuple[int, int, str]]:
    """Joins neighbours of one sigma class; those of no class are left out."""
    ranges: list[tuple[int, int, str]] = []
    for cp in [*range(0x80), *code_points()]:
        kind = sigma_class(cp)
        if ranges and ranges[-1][1] == cp - 1 and ranges[-1][2] == kind:
            ranges[-1] = (ranges[-1][0], cp, kind)
        else:
            ranges.append((cp, cp, kind))
    return [entry for entry in ranges if entry[2]]


def filled(cells: Iterable[str], width: int = 98) -> Iterator[str]:
    """Sets the cells into indented lines."""
    line = " "
    for cell in cells:
        if len(line) + 1 + len(cell) > width:
            yield line
            line = " "
        line += " " + cell
    yield line


def print_table(kind: str, name: str, cells: Iterable[str]) -> None:
    """Writes one C++ array."""
    print(f"\nconstexpr {kind} {name}[] = {{")
    print("\n".join(filled(cells)))
    print("};")


def print_tables() -> None:
    """Writes the whole file."""
    print(
        f"// Unicode {unicodedata.unidata_version}, as Python {sys.version_info[0]}."
        f"{sys.version_info[1]} uses it. Written by generate_case_tables.py; do not edit."
    )
    for name, convert in (("Upper", str.upper), ("Lower", str.lower)):
        simple, special = simple_and_special(convert)
        print_table(
            "CaseRange",
            f"k{name}Ranges",
            (f"{{{a:#x}, {b:#x}, {s}, {d}}}," for a, b, s, d in delta_ranges(simple)),
        )
        print_table(
            "CaseSpecial",
            f"k{name}Specials",
            (f"{{{cp:#x}, {{{', '.join(f'{to:#x}' for to in row)}}}}}," for cp, *row in special),
        )
    ranges = class_ranges()
    for kind in ("cased", "ignorable"):
        print_table(
            "CodePointRange",
            f"kSigma{kind.capitalize()}",
            (f"{{{a:#x}, {b:#x}}}," for a, b, k in ranges if k == kind),
        )


def print_assigned() -> None:
    """Hexadecimal ranges, one a line, of what is neither unassigned nor a surrogate."""
    start = None
    for cp in range(0x110001):
        assigned = cp < 0x110000 and unicodedata.category(chr(cp)) not in ("Cn", "Cs")
        if assigned and start is None:
            start = cp
        elif not assigned and start is not None:
            print(f"{start:x}-{cp - 1:x}")
            start = None


if __name__ == "__main__":
    if "--assigned" in sys.argv[1:]:
        print_assigned()
    else:
        print_tables()
