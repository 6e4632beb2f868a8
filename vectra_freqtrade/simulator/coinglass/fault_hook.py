"""Where faults enter the loopback CoinGlass server: they delay, alter or replace replies.

The server consults its `faults` in order for every request. The faults themselves live elsewhere.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vectra_freqtrade.simulator.coinglass.plans import Plan
from vectra_freqtrade.simulator.loopback import Reply, Request

if TYPE_CHECKING:
    from vectra_freqtrade.simulator.coinglass.server import CoinglassServer


@dataclass(frozen=True)
class Call:
    """One request to the CoinGlass server and what the server made of it.

    :param plan: the key's plan in force; None when the key is missing or unknown
    :param interval: seconds, for a history endpoint with a valid interval, else None
    """

    request: Request
    server: "CoinglassServer"
    plan: Plan | None = None
    interval: int | None = None

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def now(self) -> float:
        """Server time of the request, seconds UTC."""
        return self.request.time

    def wait(self, seconds: float) -> bool:
        """Hold the reply back in real time; True when the server is being closed meanwhile."""
        return self.server.wait(seconds)


class Fault:
    """Does nothing; override what a fault needs. One object serves many threads."""

    def before(self, call: Call) -> Reply | None:
        """Ahead of everything, key and rate included: wait here, or return a reply of your own."""
        return None

    def rows(self, call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows of a successful history reply, oldest first; return those to serve instead."""
        return rows

    def after(self, call: Call, reply: Reply) -> Reply:
        """Any reply before it is sent: change its status, headers, Date, payload or raw bytes."""
        return reply
