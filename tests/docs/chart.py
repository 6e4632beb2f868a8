"""A candle chart as SVG text, for the docs' pictures: the same to the last byte everywhere."""

import itertools
from dataclasses import dataclass, field
from html import escape

from tests.trailing.oracle import Candle

WIDTH, HEIGHT = 920, 470
LEFT, RIGHT, TOP, BOTTOM = 58, 166, 106, 24
#: Above the plot, for the headings of bands.
STRIP = 38

UP, DOWN = "#2a9d8f", "#d1605e"
STOP, TARGET, ENTRY, LEVEL = "#e07a1f", "#2f7ed8", "#5f6b7a", "#9a5fc0"
INK, FAINT, CARD = "#1f2933", "#7b8794", "#ffffff"


@dataclass(frozen=True)
class Bar:
    """A closed candle, in prices."""

    open: float
    high: float
    low: float
    close: float

    @property
    def candle(self) -> Candle:
        return Candle(self.high, self.low)


def bars(closes: list[float], wick: float = 0.25) -> list[Bar]:
    """
    :param closes: prices; the first is where the first candle opens
    :param wick: how far highs and lows reach beyond the body
    """
    return [
        Bar(before, round(max(before, now) + wick, 3), round(min(before, now) - wick, 3), now)
        for before, now in itertools.pairwise(closes)
    ]


@dataclass
class Chart:
    """
    :param title: says what it shows
    :param subtitle: under it
    :param count: candles that fit
    :param low: price at the bottom
    :param high: ... at the top
    :param unit: the ATR, for the second axis
    :param zero: price of that axis' zero: the entry
    """

    title: str
    subtitle: str
    count: int
    low: float
    high: float
    unit: float
    zero: float
    _parts: list[str] = field(default_factory=list)
    _labels: list[tuple[float, str, str]] = field(default_factory=list)

    def x(self, candle: float) -> float:
        """Left edge of a candle's column."""
        return LEFT + (WIDTH - LEFT - RIGHT) * candle / self.count

    def y(self, price: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - price) / (self.high - self.low)

    def add(self, tag: str, text: str | None = None, **attributes: object) -> None:
        """An element; numbers are rounded to a tenth of a pixel, `_` in a name is a dash."""
        written = " ".join(
            f'{name.replace("_", "-")}="{f"{value:.1f}" if isinstance(value, float) else value}"'
            for name, value in attributes.items()
        )
        close = "/>" if text is None else f">{escape(text)}</{tag}>"
        self._parts.append(f"<{tag} {written}{close}")

    def write(self, x: float, y: float, text: str, **attributes: object) -> None:
        self.add("text", text, x=x, y=y, **{"fill": INK, "font_size": 12} | attributes)

    def band(self, first: int, last: int, fill: str, name: str, rule: str) -> None:
        """Columns from `first` to before `last`, with a heading."""
        left, right = self.x(first), self.x(last)
        top, height = float(TOP - STRIP), float(HEIGHT - TOP - BOTTOM + STRIP)
        self.add("rect", x=left, y=top, width=right - left, height=height, fill=fill)
        self.write(left + 5, top + 16, name, font_weight=600, font_size=11)
        self.write(left + 5, top + 30, rule, fill=FAINT, font_size=10)

    def axes(self) -> None:
        """Prices on the left, distances from the entry in ATR along the bottom left corner."""
        step = self.unit / 2
        first = -int((self.zero - self.low) / step)
        last = int((self.high - self.zero) / step)
        for place in range(first, last + 1):
            price = self.zero + place * step
            y, ours = self.y(price), place % 2 == 0
            right = float(WIDTH - RIGHT)
            self.add("line", x1=float(LEFT), y1=y, x2=right, y2=y, stroke="#e4e7eb", stroke_width=1)
            if ours:
                words = f"{place * 0.5:+.0f} ATR" if place else "entry"
                self.write(LEFT - 6.0, y + 4, words, text_anchor="end", fill=FAINT, font_size=10)

    def candles(self, given: list[Bar]) -> None:
        for place, bar in enumerate(given):
            color = UP if bar.close >= bar.open else DOWN
            middle = self.x(place + 0.5)
            top, bottom = self.y(max(bar.open, bar.close)), self.y(min(bar.open, bar.close))
            wick = {"x1": middle, "x2": middle, "y1": self.y(bar.high), "y2": self.y(bar.low)}
            self.add("line", **wick, stroke=color, stroke_width=1)
            body = {"y": top, "height": max(bottom - top, 1.0), "width": self.x(0.64) - self.x(0)}
            self.add("rect", x=self.x(place + 0.18), **body, fill=color)

    def steps(
        self, prices: list[float], color: str, *, first: int = 0, dash: str = "", width: float = 2.2
    ) -> None:
        """A line that holds each price for one column."""
        points = []
        for place, price in enumerate(prices):
            y = self.y(price)
            points += [f"{self.x(first + place):.1f},{y:.1f}"]
            points += [f"{self.x(first + place + 1):.1f},{y:.1f}"]
        style = {"stroke_dasharray": dash} if dash else {}
        line = {"points": " ".join(points), "fill": "none", "stroke": color, "stroke_width": width}
        self.add("polyline", **line, **style)

    def dot(self, candle: float, price: float, color: str) -> None:
        place = {"cx": self.x(candle), "cy": self.y(price)}
        self.add("circle", **place, r=4.5, fill=color, stroke=CARD, stroke_width=1.5)

    def label(self, price: float, text: str, color: str) -> None:
        """At the right edge, beside a price; moved apart where two would lie on each other."""
        self._labels.append((self.y(price), text, color))

    def svg(self) -> str:
        below = float(TOP)
        for y, text, color in sorted(self._labels):
            below = max(y + 4, below)
            self.write(WIDTH - RIGHT + 8.0, below, text, fill=color, font_weight=600, font_size=11)
            below += 14
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">'
        )
        card = f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="{CARD}"/>'
        words = (
            f"<title>{escape(self.title)}</title>",
            f'<text x="20" y="30" font-size="17" font-weight="650" fill="{INK}">'
            f"{escape(self.title)}</text>",
            f'<text x="20" y="51" font-size="12" fill="{FAINT}">{escape(self.subtitle)}</text>',
        )
        return "\n".join([head, card, *words, *self._parts, "</svg>"]) + "\n"
