"""docs/partners.md: its code signs as the hub checks, its client sends what the hub reads, no field is left out."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from connectors.signature import BadSignature, Scheme, SignatureSection
from connectors.webhook import BODY_BYTES_MAX
from mappings.body import parse_body
from mappings.systems import FOLDER, load_systems
from schemas.errors import Unmappable
from schemas.events.inbox import Submission

TEXT = (Path(__file__).parents[3] / "docs" / "partners.md").read_text(encoding="utf-8")
NOW = 1_772_674_200
PLAIN, ENCODED = "0123456789abcdef", "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="
FILES = {name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")) for name in ("12345", "web")}


def _code(name: str) -> dict[str, Any]:
    found = re.search(r"```python\n(.*?)```", TEXT.partition(f"<!-- client: {name} -->")[2], re.DOTALL)
    assert found
    space: dict[str, Any] = {"__name__": "client"}
    exec(compile(found[1], f"docs/partners.md:{name}", "exec"), space)
    return space


def _scheme(**section: Any) -> Scheme:
    section_type: TypeAdapter[Any] = TypeAdapter(SignatureSection)
    scheme: Scheme = section_type.validate_python(section).build()
    return scheme


HOTLINE, WEB = _code("12345"), _code("web")


@pytest.mark.parametrize("secret", [PLAIN, ENCODED])
def test_the_client_signs_as_the_hub_checks(secret: str) -> None:
    body = "{案}".encode()
    hotline = _scheme(scheme="12345", app_key="k", secrets=["another secret of mine", secret])
    web = _scheme(scheme="standard-webhooks", secrets=["another secret of mine", secret])
    for scheme, headers in (
        (hotline, HOTLINE["sign"](body, secret, "k", "n", NOW)),
        (web, WEB["sign"](body, secret, "m", NOW)),
    ):
        for apart_s in (-300, 300):
            scheme.verify(headers, body, now_s=NOW + apart_s)
        for wrong, now_s in ((body + b" ", NOW), (body, NOW + 301), (body, NOW - 301)):
            with pytest.raises(BadSignature):
                scheme.verify(headers, wrong, now_s=now_s)


def test_the_sums_to_check_one_s_own_by_are_right() -> None:
    assert f"`{HOTLINE['sign'](b'{}', PLAIN, 'santai', 'n-1', NOW)['X-Sign']}`" in TEXT
    assert f"`{WEB['sign'](b'{}', ENCODED, 'm-1', NOW)['webhook-signature']}`" in TEXT


@contextmanager
def _hub(statuses: list[int]) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """An intake that gives these statuses one after another; and what it was sent."""
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(statuses[len(got) - 1])
            self.end_headers()
            self.wfile.write(json.dumps({"event_id": "e", "path": self.path}).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Tests print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", got
        finally:
            server.shutdown()
            thread.join()


def test_the_client_sends_until_the_hub_has_it() -> None:
    scheme = _scheme(scheme="12345", app_key="santai", secrets=[PLAIN])
    with _hub([503, 500, 202]) as (address, got):
        answer = HOTLINE["send"](address, PLAIN, HOTLINE["MESSAGE"], pause_s=0.001)
    assert answer == {"event_id": "e", "path": "/intake/12345"}
    assert len({headers["X-Nonce"] for headers, _ in got}) == len(got) == 3
    for headers, body in got:
        scheme.verify(headers, body, now_s=int(time.time()))
    (event,) = (
        load_systems(FOLDER, None)["12345"]
        .map_inbound(parse_body(got[0][0]["Content-Type"], got[0][1]), "cause", "digest")
        .events
    )
    assert isinstance(event, Submission)
    assert (event.number, event.person.name, event.marks) == ("GD20260305001", "王晓", ())


@pytest.mark.parametrize("status", [401, 404, 413, 422])
def test_the_client_does_not_send_again_what_the_hub_will_never_take(status: int) -> None:
    with _hub([status]) as (address, got):
        with pytest.raises(ValueError, match=str(status)):
            HOTLINE["send"](address, PLAIN, HOTLINE["MESSAGE"], pause_s=0.001)
        assert len(got) == 1


SENT = {
    "12345": TEXT.partition("## Messages of 12345")[2].partition("### A client")[0],
    "web": TEXT.partition("## Messages of web")[2].partition("## Echoes")[0],
}
TOLD = TEXT.partition("## Being told")[2]


def _sent(system: str) -> set[str]:
    """All names a partner writes."""
    echo = FILES[system]["echo"]
    found = {echo["push_id"], *echo["fields"].values()}
    for rule in FILES[system]["inbound"]:
        found |= set(re.findall(r"== '([^']+)'", rule["when"]))
        for spec in rule["fields"].values():
            found |= set(re.split(r"\s*\|\|\s*", spec["from"] if isinstance(spec, dict) else spec))
    return found


def _told(system: str) -> set[str]:
    """All names a partner reads, and the paths it is told at."""
    file = FILES[system]
    found = {*file["outbound"]["always"], *file["sink"]["paths"].values()}
    for entry in file["outbound"]["tell"]:
        found |= set(entry.get("body", {}))
        found |= set(entry["kinds"]) if system == "web" else {entry["body"]["czlx"]["value"]}
    return found


def _explained(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", text) is not None


@pytest.mark.parametrize("system", FILES)
def test_every_field_is_explained(system: str) -> None:
    assert {word for word in _sent(system) if not _explained(word, SENT[system])} == set()
    assert {word for word in _told(system) if not _explained(word, TOLD)} == set()


Flat = dict[str, str | int]

_HOTLINE_NOTE: Flat = {"gdbh": "G", "djsj": "2026-03-05 09:30:00", "czsj": "2026-03-05 10:00:00"}
_WEB_NOTE: Flat = {"case.no": "W", "occurredAt": "2026-03-05T10:00:00+08:00"}
_WEB_CASE: Flat = {"case.no": "W", "case.createdAt": "2026-03-05T10:00:00+08:00"}
REQUIRED: list[tuple[str, Flat]] = [
    ("12345", {"lx": "gd", "gdbh": "G", "djsj": "2026-03-05 09:30:00"}),
    *(("12345", {"lx": lx, **_HOTLINE_NOTE}) for lx in ("cb", "ts", "hf", "bc", "cx")),
    ("12345", {"lx": "pj", "pjdj": "满意", **_HOTLINE_NOTE}),
    ("12345", {"lx": "zt", "zt": "办结", **_HOTLINE_NOTE}),
    *(("web", {"event": event, **_WEB_CASE}) for event in ("created", "corrected")),
    *(("web", {"event": e, **_WEB_NOTE}) for e in ("urged", "complained", "called-back", "supplemented", "withdrawn")),
    ("web", {"event": "rated", "grade": 5, **_WEB_NOTE}),
    ("web", {"event": "state", "state": "CLOSED", **_WEB_NOTE}),
]


def _nested(flat: Flat) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for path, value in flat.items():
        group, dot, name = path.partition(".")
        if dot:
            document.setdefault(group, {})[name] = value
        else:
            document[path] = value
    return document


@pytest.mark.parametrize(("system", "flat"), REQUIRED)
def test_what_is_called_required_is_enough_and_needed(system: str, flat: Flat) -> None:
    mapping = load_systems(FOLDER, None)[system]
    assert len(mapping.map_inbound(_nested(flat), "cause", "digest").events) == 1
    for name in flat:
        with pytest.raises(Unmappable) as error:
            mapping.map_inbound(_nested({key: value for key, value in flat.items() if key != name}), "cause", "digest")
        assert error.value.field == name


def test_the_limit_is_the_hub_s() -> None:
    assert f"{BODY_BYTES_MAX} bytes" in TEXT
