"""The demonstration: events with every fault, a target with every trouble, and a proof at the end.

``events`` makes the input, ``run`` carries it through a relay to the simulator, ``oracle`` says
what must come out, ``check`` compares, ``report`` tells a person.
"""

from .run import run_demo

__all__ = ["run_demo"]
