"""Every name and every venue's contract of a simulated market, looked up by CoinGlass's words."""

from collections.abc import Iterable

from vectra_freqtrade.simulator.market.instruments import Instrument
from vectra_freqtrade.simulator.market.listings import Listing
from vectra_freqtrade.simulator.market.venues import instrument_id

Named = tuple[Instrument, Listing]


class NameTable:
    """ValueError for a name of two coins."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.names: dict[str, Named] = {}
        self._contracts: dict[tuple[str, str], Named] = {}
        self._ids: set[str] = set()
        for instrument in instruments:
            for listing in instrument.listings:
                if listing.name in self.names:
                    raise ValueError(f"{listing.name} is a name of two simulated coins")
                self.names[listing.name] = (instrument, listing)
                for venue in listing.venues:
                    identifier = instrument_id(venue, listing.name)
                    self._contracts[venue, identifier] = (instrument, listing)
                    self._ids.add(identifier)

    def named(self, name: str, now: float) -> Named | None:
        """Of a name that is listed by now."""
        return _listed(self.names.get(name), now)

    def contract(self, venue: str, identifier: str, now: float) -> Named | None:
        """Of a venue's contract that is listed by now."""
        return _listed(self._contracts.get((venue, identifier)), now)

    def is_contract(self, text: str) -> bool:
        """Whether any venue has a contract with this id."""
        return text in self._ids

    def listed(self, now: float) -> list[Named]:
        """All names that are listed by now."""
        return [named for named in self.names.values() if named[1].since <= now]


def _listed(found: Named | None, now: float) -> Named | None:
    return found if found is not None and found[1].since <= now else None
