# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Dict, List, TypedDict

if TYPE_CHECKING:
    from .basic import Count, Time


class _Actor(TypedDict):
    name: str
    parent: str
    alive: bool
    mailbox: "Count"
    handled: "Count"
    perSecond: float
    longestTurnMs: float
    restarts: "Count"


# An actor.
class Actor(_Actor, total=False):
    node: str
    lastReason: str
    startedAt: "Time"


# All actors.
class ActorList(TypedDict):
    actors: List["Actor"]
    count: "Count"


class _ActorState(TypedDict):
    name: str
    state: Dict[str, str]


# What an actor holds.
class ActorState(_ActorState, total=False):
    node: str
