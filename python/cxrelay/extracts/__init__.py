"""Chosen records of the audit trail in a form that other programs read (see ``cpp/docs/audit.md``).

::

    for piece in extract(LogJournal("audit_transformations.log"), OcsfFormat(), Selection()):
        file.write(piece)
"""

from .csv_format import COLUMNS, PAYLOAD_COLUMNS, CsvFormat
from .extraction import Format, Source, extract
from .jsonl_format import JsonlFormat
from .new_file import NewFile, is_part_of
from .ocsf_format import OCSF_VERSION, OcsfFormat
from .request_book import RequestBook, RequestPlace
from .selection import Selection
from .trail_line import TrailLine

__all__ = [
    "COLUMNS",
    "OCSF_VERSION",
    "PAYLOAD_COLUMNS",
    "CsvFormat",
    "Format",
    "JsonlFormat",
    "NewFile",
    "OcsfFormat",
    "RequestBook",
    "RequestPlace",
    "Selection",
    "Source",
    "TrailLine",
    "extract",
    "is_part_of",
]
