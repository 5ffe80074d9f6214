"""Rebuilds the files of a traced process as a power loss could have left them.

What a sync covered is on the disk. Everything since may be there or not, each write for itself, and a write that is
longer than a sector in part. A new or removed name is certain only after a sync of its folder. A failed sync of a file
makes nothing certain, and no later one does it for the same writes: the kernel takes those pages for clean.
Not modelled: a disk that lies about a sync, and damage to sectors that nobody wrote to.

The -shm file is left out: it is mapped memory, and whoever opens the queue first makes it anew.
"""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from support import strace
from support.queue_story import Said, parse_lines

SECTOR = 512
RANDOM_IMAGES = 6  # at each point, beside those with one write too few, too many or torn
IGNORED = ("-shm", ".lock", ".deliverer")
SAID = "said"  # the name of the file that the standard output of the traced process goes to

Part = frozenset[int] | None  # the sectors of a write that arrived; None = all of it
Choice = Mapping["Change", Part]
Image = dict[str, bytes]  # by name
Contents = dict[int, bytes]  # by inode


class Change:
    """A change of a file's content or of a name, and whether it is certain to be on the disk."""

    def __init__(self, inode: int, offset: int = 0, data: bytes | None = None, name: str = ""):
        self.inode = inode  # 0 = a name that is removed
        self.offset = offset
        self.data = data  # None = the file is cut at `offset`
        self.name = name  # "" = content
        self.certain = False
        self.given_up = False  # a sync of it failed

    @property
    def sectors(self) -> range:
        """The file's sectors that a write touches."""
        end = self.offset + len(self.data or b"")
        return range(self.offset // SECTOR, -(-end // SECTOR))

    def write_to(self, content: bytearray, part: Part) -> None:
        if self.data is None:
            del content[self.offset :]
            content.extend(bytes(self.offset - len(content)))
            return
        end = self.offset + len(self.data)
        content.extend(bytes(max(0, end - len(content))))
        if part is None:
            content[self.offset : end] = self.data
            return
        for sector in part:
            start, stop = max(sector * SECTOR, self.offset), min((sector + 1) * SECTOR, end)
            content[start:stop] = self.data[start - self.offset : stop - self.offset]


class Disk:
    """Files and names while the calls of a log happen one by one."""

    def __init__(self, folder: Path, files: Image) -> None:
        self.folder = folder
        self.names = {
            name: number for number, name in enumerate(files, start=1)
        }  # as programs see it
        self.first_names = dict(self.names)
        self.contents = {self.names[name]: data for name, data in files.items()}
        self.changes: list[Change] = []
        self.descriptors: dict[int, int] = {}  # 0 = the folder
        self.failed_syncs = 0

    def apply(self, call: strace.Call) -> None:
        """Follows one call. What failed, or never reached the kernel, changes nothing."""
        if call.name in ("fsync", "fdatasync"):
            self._sync(call)
        elif call.result < 0 or call.injected:
            return
        elif call.name == "openat":
            self._open(call)
        elif call.name == "close":
            self.descriptors.pop(call.descriptor, None)
        elif call.name == "pwrite64":
            data = strace.data_of(call.strings[0])[: call.result]
            self._change(call, Change(self._inode(call), call.numbers[-1], data))
        elif call.name == "write":  # only of files that are appended to
            data = strace.data_of(call.strings[0])[: call.result]
            self._change(call, Change(self._inode(call), self._size(self._inode(call)), data))
        elif call.name == "ftruncate":
            self._change(call, Change(self._inode(call), call.numbers[-1]))
        elif call.name == "unlink":
            self._rename(Path(call.path).name, 0)
        elif call.name != "flock":
            raise AssertionError(f"the model does not know what {call.name} does to {call.path}")

    def _size(self, inode: int) -> int:
        """As programs see it."""
        seen = self._after(self.changes, dict.fromkeys(self.changes))[1]
        return len(seen.get(inode, self.contents[inode]))

    def _inode(self, call: strace.Call) -> int:
        return self.descriptors[call.descriptor]

    def _open(self, call: strace.Call) -> None:
        name = Path(call.path).name
        if Path(call.path) == self.folder:
            self.descriptors[call.result] = 0
            return
        assert "O_TRUNC" not in call.arguments
        if name not in self.names:
            self._rename(name, len(self.contents) + 1)
            self.contents[self.names[name]] = b""
        self.descriptors[call.result] = self.names[name]

    def _rename(self, name: str, inode: int) -> None:
        if inode:
            self.names[name] = inode
        else:
            del self.names[name]
        self.changes.append(Change(inode, name=name))

    def _change(self, call: strace.Call, change: Change) -> None:
        if not call.path.endswith(IGNORED):
            self.changes.append(change)

    def _sync(self, call: strace.Call) -> None:
        if call.injected and call.result == 0:
            return  # left out, as with synchronous=OFF
        failed = call.result < 0
        self.failed_syncs += failed
        inode = self._inode(call)
        for change in self.changes:
            if change.name:
                change.certain |= inode == 0 and not failed
            elif change.inode == inode:
                change.given_up |= failed
                change.certain |= not change.given_up
        self._forget_certain_ones()

    def _forget_certain_ones(self) -> None:
        """Takes the certain changes before the first uncertain one into the contents."""
        count = next((n for n, c in enumerate(self.changes) if not c.certain), len(self.changes))
        names, contents = self._after(self.changes[:count], {})
        self.first_names, self.changes = names, self.changes[count:]
        self.contents |= contents

    def _after(self, changes: list[Change], choice: Choice) -> tuple[dict[str, int], Contents]:
        names = dict(self.first_names)
        contents: dict[int, bytearray] = {}
        for change in changes:
            if not change.certain and change not in choice:
                continue
            if change.name:
                names[change.name] = change.inode
            else:
                content = contents.setdefault(change.inode, bytearray(self.contents[change.inode]))
                change.write_to(content, None if change.certain else choice[change])
        names = {name: inode for name, inode in names.items() if inode}
        return names, {inode: bytes(content) for inode, content in contents.items()}

    def image(self, choice: Choice) -> Image:
        """The files if of the uncertain changes only those of `choice` arrived, in the given part."""
        names, changed = self._after(self.changes, choice)
        contents = self.contents | changed
        kept = (name for name in names if not name.endswith(IGNORED))
        return {name: contents[names[name]] for name in kept}

    def choices(self, rng: random.Random) -> Iterator[tuple[str, Choice]]:
        """What may have arrived: nothing, all, one too few, one alone, one torn, and some at random."""
        uncertain = [change for change in self.changes if not change.certain]
        everything: dict[Change, Part] = dict.fromkeys(uncertain)
        yield "nothing", {}
        if not uncertain:
            return
        yield "everything", everything
        for number, change in enumerate(uncertain):
            yield f"all but {number}", {c: None for c in uncertain if c is not change}
            yield f"only {number}", {change: None}
            # A large write, which holds many pages, has more ways to arrive in part.
            inner = range(1, len(change.sectors))
            for some in rng.sample(inner, min(len(inner), 1 + len(inner) // 4)):
                yield (
                    f"{number} cut after {some} sectors",
                    everything | {change: frozenset(change.sectors[:some])},
                )
                yield (
                    f"{number} torn, {some} sectors",
                    everything | {change: frozenset(rng.sample(change.sectors, some))},
                )
        for number in range(RANDOM_IMAGES):
            chosen = [change for change in uncertain if rng.random() < 0.5]
            yield f"random {number}", {change: torn(change, rng) for change in chosen}


def torn(change: Change, rng: random.Random) -> Part:
    """Each sector arrived or not; half of the writes arrive whole."""
    if rng.random() < 0.5:
        return None
    return frozenset(sector for sector in change.sectors if rng.random() < 0.5)


def crash_points(
    calls: list[strace.Call], folder: Path, files: Image, window: slice = slice(None)
) -> Iterator[tuple[Disk, list[Said]]]:
    """The disk, and what was said so far, before each sync, after each line that was said, and at the end.

    `window`: of these calls only.
    """
    disk = Disk(folder, files)
    text = b""
    start, stop, _ = window.indices(len(calls))
    for number, call in enumerate(calls[:stop]):
        looks = number >= start
        if Path(call.path).name == SAID:
            if call.name == "write":
                text += strace.data_of(call.strings[0])[: call.result]
                if looks:
                    yield disk, parse_lines(text.decode())
            continue
        if looks and call.name in ("fsync", "fdatasync"):
            yield disk, parse_lines(text.decode())
        disk.apply(call)
    yield disk, parse_lines(text.decode())
