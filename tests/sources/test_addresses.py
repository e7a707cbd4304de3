"""No form of a private address is fetched from, and no host is taken for something else than what is connected to."""

from ipaddress import ip_address, ip_network

import pytest

from rushes_ingest.sources.addresses import is_refused
from rushes_runtime.errors import InvalidError

from .server import sources

REFUSED = [
    *("0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.1.1"),
    *("168.63.129.16", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1"),
    *("192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254"),
    *("64:ff9b:1::8.8.8.8", "2002:7f00:1::", "2002:808:808::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1"),
    *("3fff::1", "5f00::1", "100::1", "fc00::1", "fd00:ec2::254", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1"),
    *("ff02::1", "ff0e::1"),
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "93.184.216.34"),
    *("223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"),
]


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert is_refused(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_not(address: str) -> None:
    assert not is_refused(ip_address(address))


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"])
def test_a_network_that_is_named_is_allowed_in_every_form_and_its_neighbour_is_not(address: str) -> None:
    assert not is_refused(ip_address(address), [ip_network("10.1.0.0/16")])
    assert is_refused(ip_address(address), [ip_network("10.2.0.0/16")])


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "017700000001",
        ),
        *("127.0.0.1.", "0", "0x", "0x7F.0.0.0x1", "1.2.3.4.5", "256.1.1.1", "008.8.8.8", "films.example.1"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[64:ff9b::7f00:1]"),
        *(
            "[fe80::1%25eth0]",
            "[fd00:ec2::254]",
            "169.254.169.254",
            "[::1",
            "::1",
            "[::1]x",
            "１２７.０.０.１",
            "①②⑦.⓪.⓪.①",
        ),
        *("", ".", "films.example:99999", "films.example:x", "films.example:-1", "fi lms.example", "films.example\\x"),
        *(
            "films.example%2f",
            "%31%32%37.0.0.1",
            "films.example\x00",
            "a" * 64 + ".example\ud800",
            "*.example",
            "a..example",
        ),
    ],
)
def test_a_host_in_no_usual_or_public_form_is_refused_before_anything_is_looked_up(host: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        sources().web(f"https://{host}/a.mp4")
    assert refusal.value.reason in ("not_an_address", "address_not_allowed", "port_not_allowed")


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("https://films.example/a.mp4", "films.example"),
        ("HTTPS://FILMS.example.:443/a.mp4?b=c#d", "films.example"),
        ("https://bücher.example/a.mp4", "xn--bcher-kva.example"),
        ("https://8.8.8.8/a.mp4", "8.8.8.8"),
        ("https://[2606:4700::1111]/a.mp4", "2606:4700::1111"),
        ("https://public.example:pw@films.example/a.mp4", "films.example"),
        ("https://127.0.0.1#@films.example/a.mp4", None),
        ("https://films.example\\@127.0.0.1/a.mp4", None),
        ("https://films.example@127.0.0.1/a.mp4", None),
        ("https:///films.example/a.mp4", None),
        ("https:films.example/a.mp4", None),
    ],
)
def test_the_host_that_is_judged_is_the_one_that_is_connected_to(uri: str, host: str | None) -> None:
    if host is None:
        with pytest.raises(InvalidError):
            sources().web(uri)
    else:
        assert sources().web(uri).host == host


@pytest.mark.parametrize(
    ("uri", "settings", "reason"),
    [
        ("http://films.example/a.mp4", {}, "scheme_not_allowed"),
        ("https://films.example:8080/a.mp4", {}, "port_not_allowed"),
        ("https://films.example:22/a.mp4", {"ports": [443, 8443]}, "port_not_allowed"),
        ("https://films.example/a.mp4", {"hosts": ["other.example", "*.films.example"]}, "host_not_allowed"),
        ("https://afilms.example/a.mp4", {"hosts": ["*.films.example"]}, "host_not_allowed"),
        ("https://a.films.example/a.mp4", {"hosts": ["*.films.example"]}, None),
        ("http://films.example/a.mp4", {"schemes": ["http"]}, None),
        ("https://films.example:8443/a.mp4", {"ports": [8443]}, None),
    ],
)
async def test_schemes_ports_and_hosts_are_those_that_are_set(
    uri: str, settings: dict[str, object], reason: str | None
) -> None:
    if reason is None:
        await sources(**settings).check(uri)
        return
    with pytest.raises(InvalidError) as refusal:
        await sources(**settings).check(uri)
    assert refusal.value.reason == reason
