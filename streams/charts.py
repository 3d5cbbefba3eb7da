"""Small line charts as SVG texts, for reports: no library, the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from msgspec import Struct

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 640, 420, 64, 44, 24, 72
_COLOURS = ("#1f5fa8", "#c2571a", "#2f7d4f", "#7a4fa3")
_TICKS = 5


class Line(Struct, frozen=True):
    """One line of a chart: its name in the legend and its points from left to right; `marks` shows each point."""

    name: str
    points: Sequence[tuple[float, float]]
    marks: bool = False


def line_chart(
    title: str,
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] = (0.0, 1.0),
    y_range: tuple[float, float] = (0.0, 1.0),
    diagonal: bool = False,
) -> str:
    """An SVG document with axes, a legend and the lines; `diagonal` adds the line of equals.

    What is outside the ranges is drawn at their edge.
    """
    area = _Area(x_range, y_range)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{escape(title)}</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _text(_LEFT, 24, title, size=15),
        *_axes(area, x_label, y_label),
    ]
    if diagonal:
        parts.append(
            _path([area.place(x_range[0], y_range[0]), area.place(x_range[1], y_range[1])], "#999999", dash=True)
        )
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [area.place(x, y) for x, y in line.points]
        parts.append(_path(places, colour))
        if line.marks:
            parts.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
        parts.extend(_legend(number, line.name, colour))
    return "\n".join([*parts, "</svg>", ""])


class _Area:
    """Where values stand on the sheet."""

    def __init__(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        self.x_range, self.y_range = x_range, y_range

    def place(self, x: float, y: float) -> tuple[float, float]:
        across, up = _part(x, self.x_range), _part(y, self.y_range)
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)


def _part(value: float, of: tuple[float, float]) -> float:
    least, most = of
    return min(1.0, max(0.0, (value - least) / (most - least))) if most > least else 0.0


def _axes(area: _Area, x_label: str, y_label: str) -> list[str]:
    (x_least, x_most), (y_least, y_most) = area.x_range, area.y_range
    parts = []
    for tick in range(_TICKS + 1):
        x, y = x_least + (x_most - x_least) * tick / _TICKS, y_least + (y_most - y_least) * tick / _TICKS
        left, bottom = area.place(x, y_least)
        parts.append(_text(left, bottom + 18, _number(x), anchor="middle"))
        edge, level = area.place(x_least, y)
        parts.append(_path([(edge, level), (_WIDTH - _RIGHT, level)], "#e3e3e3"))
        parts.append(_text(edge - 8, level + 4, _number(y), anchor="end"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 34, x_label, anchor="middle"))
    parts.append(_text(8, _TOP - 8, y_label))
    return parts


def _legend(number: int, name: str, colour: str) -> list[str]:
    left = _LEFT + number * 140
    return [_path([(left, _HEIGHT - 14), (left + 20, _HEIGHT - 14)], colour), _text(left + 26, _HEIGHT - 10, name)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2f}"


def _path(places: Sequence[tuple[float, float]], colour: str, *, dash: bool = False) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = ' stroke-dasharray="5 4"' if dash else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"{dashes}/>'


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="#222222">{escape(text)}</text>'
    )
