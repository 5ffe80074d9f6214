"""What fills a disk up, and takes it back."""

from pathlib import Path


class Filler:
    """Everybody else's data on the disk."""

    def __init__(self, disk: Path) -> None:
        self.path = disk / "filler"

    def take_all_space(self) -> None:
        with self.path.open("wb", buffering=0) as file:
            for size in (4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def give_back(self) -> None:
        self.path.unlink()
