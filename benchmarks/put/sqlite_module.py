"""The sqlite3 module as someone who knows SQLite would use it: WAL, FULL, a key in time order."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from events import Update
from put.base import PutContender

CREATE_TABLE = """
create table updates (
  id integer primary key,
  event_time_us integer not null,
  interaction_id text not null,
  key text not null,
  mapped text not null,
  original blob not null,
  state text not null default 'pending',
  unique (event_time_us, interaction_id)
)"""
INSERT = (
    "insert into updates (event_time_us, interaction_id, key, mapped, original)"
    " values (?, ?, ?, ?, ?) on conflict do nothing"
)


Values = tuple[int, str, str, str, bytes]


def _values(update: Update) -> Values:
    text = update.mapped.decode()
    return update.event_time_us, update.interaction_id, update.key, text, update.original


class SqliteModule(PutContender):
    """One commit for each update; keeps the original, has no audit trail."""

    name = "sqlite3 WAL, one commit each"
    size = 1000

    def prepare(self, directory: Path) -> None:
        self.db = sqlite3.connect(directory / self.file, isolation_level=None)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = full")
        self.db.execute(CREATE_TABLE)

    def inputs(self, items: Sequence[Update]) -> Sequence[Values]:
        return [_values(update) for update in items]

    def run(self, items: Sequence[Values]) -> None:
        for update in items:
            self.db.execute(INSERT, update)

    def count(self) -> int:
        found: int = self.db.execute("select count(*) from updates").fetchone()[0]
        return found

    def rows(self) -> list[tuple[str, str, str | bytes]]:
        return self.db.execute("select key, interaction_id, mapped from updates").fetchall()

    def close(self) -> None:
        self.db.close()


class SqliteMany(SqliteModule):
    """A thousand updates in a commit."""

    name = "sqlite3 WAL, executemany of 1,000"
    size = 20_000
    group = 1000

    def run(self, items: Sequence[Values]) -> None:
        for i in range(0, len(items), self.group):
            self.db.execute("begin immediate")
            self.db.executemany(INSERT, items[i : i + self.group])
            self.db.execute("commit")
