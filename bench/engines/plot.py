"""`python -m bench.engines.plot ENGINE.JSON OUT.SVG`: messages a second and CPU a message, a bar for each engine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

OURS, OTHERS = "#1f6f8b", "#b8c4cc"
NAMES = {
    "santai": "santai (RocksDB, exactly once)",
    "faust": "Faust",
    "quix": "Quix Streams",
    "bytewax": "Bytewax",
    "kafka-streams": "Kafka Streams, exactly once v2",
    "kafka-streams-at-least-once": "Kafka Streams, at least once",
    "bare": "bare confluent-kafka loop",
}
PANELS = (("messages_per_s", "messages/s (more is better)", "{:,.0f}"),
          ("cpu_us_per_message", "CPU µs/message (less is better)", "{:.1f}"))  # fmt: skip


def draw(engines: dict[str, dict[str, float]], note: str) -> Any:
    """The figure."""
    figure = Figure(figsize=(10, 0.6 + 0.42 * len(engines)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    names = list(reversed(engines))
    for axes, (key, title, shape) in zip((left, right), PANELS, strict=True):
        values = [engines[name][key] for name in names]
        limit = _limit(values)
        bars = axes.barh(
            [NAMES[name] for name in names],
            [min(value, limit) for value in values],
            color=[OURS if name == "santai" else OTHERS for name in names],
        )
        labels = [shape.format(value) + (" →" if value > limit else "") for value in values]
        axes.bar_label(bars, labels, padding=3, fontsize=8)
        axes.set_title(title, fontsize=10)
        axes.set_xlim(0, limit * 1.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    figure.supxlabel(note, fontsize=7, color="#666666")
    return figure


def _limit(values: list[float]) -> float:
    """The longest bar; one that would dwarf all others is cut, and marked."""
    longest, *rest = sorted(values, reverse=True)
    return 1.2 * rest[0] if rest and longest > 4 * rest[0] else longest


def main(source: Path, into: Path) -> None:
    """Same figures, same bytes."""
    found = json.loads(source.read_text())
    here, options = found["machine"], found["options"]
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "santai"})
    note = (f"{here['cpu']}, {here['cores']} cores shared with the broker; Kafka {here['kafka']}, "
            f"Python {here['python']}; median of {options['rounds']}")  # fmt: skip
    draw(found["engines"], note).savefig(into, format="svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
