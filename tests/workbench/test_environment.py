from __future__ import annotations

import pytest

from angelshare.core.errors import PlanError
from angelshare.workbench import environment


@pytest.mark.parametrize(("given", "read"), [
    ("", ""),
    ("https://workbench.example", "https://workbench.example"),
    ("https://workbench.example/", "https://workbench.example"),
    ("https://workbench.example:8443", "https://workbench.example:8443"),
    ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
])  # fmt: skip
def test_an_origin_is_a_scheme_a_host_and_a_port(given, read):
    assert environment.origin(given) == read


@pytest.mark.parametrize("given", [
    "hello", "https://", "https://x.example/path", "https://x.example/?a=b", "https://x.example/#a", "//x.example",
    "ftp://x.example", "javascript:alert(1)", "https://ann:hush@x.example", "https://x.example:bad",
    "https://x.example:99999",
])  # fmt: skip
def test_anything_else_is_no_origin(given):
    with pytest.raises(PlanError, match=r"write it as https://workbench\.example"):
        environment.origin(given)


@pytest.mark.parametrize(
    "given",
    [
        "nonsense-hush",
        "mysql://u:hush@x/y",
        "postgres://u:hush@h:999999/x",
        "postgres://u:hush@[::1/x",
        "oracle://hush",
    ],
)
def test_a_database_that_is_none_of_ours_is_refused_without_its_password(given):
    with pytest.raises(PlanError, match=r"write it as postgres://user:password@host:5432/name") as raised:
        environment.database(given)
    assert "hush" not in str(raised.value)


def test_the_two_databases_are_read():
    assert environment.database("postgres://u:p@h:5432/n")["ENGINE"].endswith("postgresql")
    assert environment.database("sqlite:////somewhere/x.sqlite3")["ENGINE"].endswith("sqlite3")


@pytest.mark.parametrize("given", ["abc", "-1", "1.5", "11", "99999999", "²", " 1"])
def test_a_number_of_proxies_that_is_none_is_refused(given):
    with pytest.raises(PlanError, match="0 to 10"):
        environment.proxies(given)


def test_proxies_are_counted_and_none_is_the_default():
    assert [environment.proxies(given) for given in ("", "0", "2")] == [0, 0, 2]


def test_networks_are_read_and_a_slip_is_found_at_the_start_not_at_a_delivery():
    assert environment.networks(" 127.0.0.0/8, fd00::/8 ,") == ["127.0.0.0/8", "fd00::/8"]
    for slip in ("hello", "10.0.0.1/8", "10.0.0.0/33"):
        with pytest.raises(PlanError, match="ANGELSHARE_WEBHOOK_NETWORKS"):
            environment.networks(slip)
