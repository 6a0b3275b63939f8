"""Weights from a server on this computer: whole, cut off and resumed, damaged, missing, and from the mirror folder."""

import hashlib
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from biofm_desktop.engine.events import Progress
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models import MODELS, Weights
from biofm_desktop.engine.models.downloads import fetch, found
from biofm_desktop.paths import cache_dir

CONTENT = bytes(range(256)) * 20_000


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT, with ranges; ``server.cut`` ends the connection after so many bytes."""

    def do_GET(self):
        self.server.asked.append(self.headers.get("Range"))
        if self.path != "/net.pth":
            return self.send_error(404)
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        body = CONTENT[start:]
        self.send_response(206 if start and self.server.ranges else 200)
        body = body if self.server.ranges else CONTENT
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut] if self.server.cut else body)
        return None

    def log_message(self, *words):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.cut, made.ranges, made.asked = 0, True, []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def weights(server):
    address = f"http://127.0.0.1:{server.server_port}/net.pth"
    return Weights(address, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "CC0", "made-up numbers")


def fetched(*arguments, **options):
    told = []

    def listen():
        told.append((yield from fetch(*arguments, **options)))

    events = list(listen())
    return told[0], events


def test_weights_arrive_whole_and_tell_how_far_they_are(weights):
    path, told = fetched(weights)
    assert path.read_bytes() == CONTENT
    assert told[-1] == Progress(len(CONTENT), len(CONTENT), "Downloading net.pth")
    assert found(weights, "") == path
    assert not list(path.parent.glob("*.part"))


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_that_was_cut_off_goes_on_where_it_stopped(server, weights, ranges):
    server.cut = 1_500_000
    with pytest.raises(Fault, match=r"after 1,5.*goes on where it stopped"):
        fetched(weights)
    server.cut, server.ranges = 0, ranges
    path, _ = fetched(weights)
    assert path.read_bytes() == CONTENT
    assert server.asked[-1].startswith("bytes=1")


def test_what_was_stopped_by_the_user_is_kept_for_the_next_time(server, weights):
    events = fetch(weights)
    next(events)
    events.close()
    part = next((cache_dir() / "weights").glob("*.part"))
    assert part.stat().st_size > 0
    assert fetched(weights)[0].read_bytes() == CONTENT


def test_other_content_than_published_is_refused_and_not_kept(weights):
    with pytest.raises(Fault, match=r"net\.pth.*another sha256"):
        fetched(replace(weights, sha256="0" * 64))
    assert found(weights, "") is None
    assert not list((cache_dir() / "weights").glob("*"))


def test_the_mirror_folder_is_searched_before_the_network(server, weights, tmp_path):
    (tmp_path / "net.pth").write_bytes(CONTENT)
    path, told = fetched(weights, mirror=str(tmp_path), offline=True)
    assert (path.parent, told, server.asked) == (tmp_path, [], [])


def test_a_damaged_file_in_the_mirror_folder_is_told(weights, tmp_path):
    (tmp_path / "net.pth").write_bytes(b"damaged")
    with pytest.raises(Fault, match=r"net\.pth.*sha256"):
        fetched(weights, mirror=str(tmp_path))


def test_offline_nothing_is_asked_of_the_network(server, weights):
    with pytest.raises(Fault, match=r"network is switched off.*mirror folder"):
        fetched(weights, offline=True)
    assert server.asked == []


@pytest.mark.parametrize(("path", "words"), [("/other.pth", "404"), (None, "cannot be reached")])
def test_a_server_that_has_it_not_or_is_not_there_is_told(server, weights, path, words):
    address = f"http://127.0.0.1:{server.server_port}{path}" if path else "http://127.0.0.1:9/net.pth"
    with pytest.raises(Fault, match=words):
        fetched(replace(weights, address=address))


def test_every_entry_with_weights_says_size_terms_and_checksum():
    entries = [entry.weights for entry in MODELS if entry.weights]
    assert entries
    for entry in entries:
        assert entry.size > 1_000_000
        assert entry.licence
        assert len(entry.sha256) >= 8
        assert entry.address.startswith("https://")
        assert entry.sha256[:8] in entry.address
