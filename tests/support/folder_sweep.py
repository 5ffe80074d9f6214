"""Kills a program at every call that it makes on the files of a folder, each time in a copy of it."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from support import kill_sweep, strace
from support.kill_sweep import Point


class FolderSweep:
    """What the sweeps over one program share. ``start`` is the folder that it works on copies of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start = folder / "start"
        self.files: list[Path] = []

    def command(self, folder: Path) -> list[str | Path]:
        """The program and its arguments, for a copy of ``start``."""
        raise NotImplementedError

    def copy(self, name: str) -> Path:
        folder = self.folder / name
        subprocess.run(["cp", "-r", self.start, folder], check=True)
        return folder

    def undisturbed(self) -> tuple[Path, list[strace.Call]]:
        """A run that nobody disturbs shows which files there are, and how often each call is made."""
        folder = self.copy("record")
        log = self.folder / "strace.log"
        assert self._run(folder, [], [], log) == 0
        calls = [call for call in strace.read_log(log) if call.name in kill_sweep.KILL_CALLS]
        calls = [call for call in calls if Path(call.path).is_relative_to(folder)]
        self.files = [
            Path(name) for name in {Path(call.path).relative_to(folder) for call in calls}
        ]
        return folder, calls

    def killed_at(self, point: Point) -> Path | None:
        """A copy in which the program was killed; none if it ran through."""
        folder = self.copy(str(point).replace(" ", "-"))
        # strace compares paths as they are written, and the folder is opened with a slash at its end.
        files = [f"{folder}/", *(folder / file for file in self.files)]
        return folder if self._run(folder, files, [point.inject]) != 0 else None

    def _run(
        self,
        folder: Path,
        files: Sequence[Path | str],
        inject: Sequence[str],
        log: Path | str = "/dev/null",
    ) -> int:
        return strace.run_traced(
            self.command(folder),
            files,
            log=log,
            calls=kill_sweep.KILL_CALLS,
            inject=inject,
            stdout=Path("/dev/null"),
        )
