"""The process of the projector's tests, told by one JSON argument; ends cleanly on SIGTERM."""

from __future__ import annotations

import json
import signal
import sys
import threading

from santai.projector.projector import Projector
from santai.projector.store import open_read_model
from schemas.topics import Topics
from tests.support.projection import make_codec


def main() -> None:
    told = json.loads(sys.argv[1])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    topics = Topics(told["prefix"])
    Projector(
        make_codec(told["registry"], topics),
        {"bootstrap.servers": told["broker"]},
        topics,
        open_read_model(told["url"]),
        batch_records_max=told["batch_records_max"],
        stand_back_s=0.5,
    ).run(stop)


if __name__ == "__main__":
    main()
