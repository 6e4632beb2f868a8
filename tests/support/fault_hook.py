"""Where faults enter the loopback CoinGlass server: they delay, alter or replace replies."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vectra_freqtrade.simulator.coinglass import server as simulator
from vectra_freqtrade.simulator.loopback import Reply

if TYPE_CHECKING:
    from tests.support.coinglass_server import CoinglassServer


@dataclass(frozen=True)
class Call(simulator.Call):
    """One request, and the server that it came to."""

    server: "CoinglassServer"

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
