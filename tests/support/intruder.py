"""Another thread that gets in between two steps of an iteration."""

import threading
from collections.abc import Callable, Iterator
from typing import Any


class Intruded(dict[Any, Any]):
    """
    In place of a dictionary: whoever goes through it is interrupted after the first step, once.

    :param held: what it holds, two entries or more
    :param change: runs in another thread then; it has a moment, unless it is kept waiting
    """

    def __init__(self, held: dict[Any, Any], change: Callable[[], object]) -> None:
        super().__init__(held)
        self._thread = threading.Thread(target=change, daemon=True)
        self.intruded = False

    def __iter__(self) -> Iterator[Any]:
        return self._steps(super().__iter__())

    def items(self) -> Any:
        return self._steps(super().items())

    def values(self) -> Any:
        return self._steps(super().values())

    def finish(self) -> None:
        """Wait for the other thread's end."""
        assert self.intruded, "nobody went through it"
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _steps(self, steps: Any) -> Iterator[Any]:
        for step in steps:
            yield step
            if not self.intruded:
                self.intruded = True
                self._thread.start()
                self._thread.join(0.2)
