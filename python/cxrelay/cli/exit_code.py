"""What the exit codes of the command mean."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Part of the interface: scripts rely on the numbers."""

    OK = 0
    FAILED = 1
    BAD_INPUT = 2
    CONFIG = 3
    TARGET = 4
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.OK: "all well",
    ExitCode.FAILED: "something failed, is left undone or does not hold together",
    ExitCode.BAD_INPUT: "invalid events or a wrong command line",
    ExitCode.CONFIG: "a setting or a mapping rule is missing or wrong",
    ExitCode.TARGET: "the target or its token endpoint cannot be reached or refuses the client",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
}


def exit_code_help() -> str:
    """The table for ``--help``."""
    lines = [f"  {code.value:>3}  {meaning}" for code, meaning in MEANINGS.items()]
    return "\n".join(["exit codes:", *lines])


def code_of(error: BaseException) -> ExitCode:
    """The exit code for an exception of cxrelay's tree or of the system."""
    from cxrelay import errors

    if isinstance(error, (errors.ConfigError, errors.MappingError)):
        return ExitCode.CONFIG
    if isinstance(error, (errors.AuthError, errors.TransportError)):
        return ExitCode.TARGET
    if isinstance(error, errors.ValidationError):
        return ExitCode.BAD_INPUT
    return ExitCode.FAILED
