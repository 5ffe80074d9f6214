"""The torture: processes that are killed, a target and a network that fail, and a proof at the end.

``plan`` says what shall happen in each round, ``faults`` what may go wrong on the way to the target,
``traffic`` what is put; ``worker`` is one of the processes, ``team`` all of them, ``stretch`` lets
rounds happen to them and gathers ``evidence`` with ``journal``; ``check`` judges it, ``run`` goes
from stretch to stretch, ``report`` tells a person.
"""

from .run import run_torture

__all__ = ["run_torture"]
