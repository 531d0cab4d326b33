"""The dealer's own feeds."""

import gzip
import xml.etree.ElementTree as ET

import pytest
import requests

PATHS = {"avito": ("Ad", "Id", "Price"), "autoru": ("cars/car", "unique_id", "price")}


@pytest.fixture(params=PATHS)
def feed(request, simulator):
    """The marketplace's code and the address of its feed."""
    return request.param, f"{simulator.urls[request.param]}/feed/stock.xml"


def rows(marketplace, content):
    path, number, price = PATHS[marketplace]
    return {car.findtext(number): car.findtext(price) for car in ET.fromstring(content).iterfind(path)}


def test_the_stock(simulator, feed):
    marketplace, url = feed
    found = rows(marketplace, requests.get(url, timeout=10).content)
    assert len(found) == 12
    assert found["SEV-0001"] == "2199000"
    assert rows(marketplace, gzip.decompress(requests.get(f"{url}?gzip=1", timeout=10).content)) == found
    picture = ET.fromstring(requests.get(url, timeout=10).content).find(".//image")
    if picture is not None:
        assert requests.get(picture.text, timeout=10).content[:2] == b"\xff\xd8"


def test_changed_by_control(simulator, feed):
    marketplace, url = feed
    simulator.post("/stock", {"hidden": ["SEV-0002"], "prices": {"SEV-0001": 5}, "generated": 30})
    found = rows(marketplace, requests.get(url, timeout=10).content)
    assert (len(found), found["SEV-0001"], "SEV-0002" in found) == (41, "5", False)
    simulator.post("/stock", {})
    assert len(rows(marketplace, requests.get(url, timeout=10).content)) == 12
    for wrong in ({"hidden": 5}, {"prices": []}, {"generated": -1}):
        answer = requests.post(f"{simulator.urls['control']}/stock", json=wrong, timeout=10)
        assert answer.status_code == 400


def test_faults(simulator, feed):
    marketplace, url = feed

    def asked(fault):
        simulator.fault(fault, times=1, marketplace=marketplace, seconds=0)
        return requests.get(url, timeout=10)

    assert asked("feed_gone").status_code == 404
    assert asked("feed_html").text.startswith("<!doctype html>")
    assert b"<!ENTITY b" in asked("feed_bomb").content
    with pytest.raises(ET.ParseError):
        rows(marketplace, asked("feed_broken").content)
    assert len(rows(marketplace, asked("feed_slow").content)) == 12
    simulator.fault("feed_huge", times=1, marketplace=marketplace)
    with requests.get(url, stream=True, timeout=10) as answer:
        assert len(answer.raw.read(5_000_000)) == 5_000_000
    # Faults of the interfaces do not strike it.
    simulator.fault("unauthorized", marketplace=marketplace)
    assert requests.get(url, timeout=10).ok
