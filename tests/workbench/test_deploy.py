"""The parts of the deploy check that no environment variable reaches, and the address of a mail server."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test.utils import override_settings

from angelshare.core.errors import PlanError
from angelshare.workbench import deploy
from angelshare.workbench.mailing import smtp_settings

MOUNTS = """\
/dev/vda1 / ext4 rw,relatime 0 0
server:/export /srv nfs4 rw 0 0
/dev/vdb1 /srv/local xfs rw 0 0
share /srv/two\\040words cifs rw 0 0
"""


@pytest.mark.parametrize(("place", "kind"), [
    ("/var/lib/workbench", "ext4"), ("/srv/workbench", "nfs4"), ("/srv/local/workbench", "xfs"),
    ("/srv/two words/workbench", "cifs"), ("/srvother", "ext4"),
])  # fmt: skip
def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount(tmp_path, place, kind):
    (tmp_path / "mounts").write_text(MOUNTS)

    assert deploy.filesystem_of(Path(place), tmp_path / "mounts") == kind


def test_a_system_without_a_list_of_mounts_says_nothing(tmp_path):
    assert deploy.filesystem_of(Path("/srv"), tmp_path / "none") == ""


def numbers(check):
    return [problem.id for problem in check()]


def test_debug_weak_hashes_and_inline_scripts_are_errors():
    assert numbers(deploy.check_debug) == []
    policy = {"DIRECTIVES": {"script-src": ["'self'", "'unsafe-inline'"]}}
    weak = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(DEBUG=True, PASSWORD_HASHERS=weak, CONTENT_SECURITY_POLICY=policy):
        assert numbers(deploy.check_debug) == ["workbench.E008", "workbench.E009", "workbench.E010"]


def test_the_settings_as_they_come_are_unsafe_to_deploy():
    with override_settings(ALLOWED_HOSTS=["127.0.0.1", "localhost", "[::1]"]):
        found = {problem.id for problem in deploy.problems(deploy=True)}

    assert {"workbench.E001", "workbench.E002", "workbench.E005", "workbench.E006"} <= found
    assert deploy.problems(deploy=False) == []
    assert deploy.pending_migrations() == []


def test_the_models_and_the_migrations_say_the_same():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(("host", "loopback"), [
    ("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("[::1]", True), ("localhost", True),
    ("0.0.0.0", False), ("::", False), ("192.0.2.1", False), ("localhost.evil.example", False), ("", False),
])  # fmt: skip
def test_loopback_is_told_from_the_rest(host, loopback):
    assert deploy.is_loopback(host) is loopback


def test_a_mail_server_is_taken_apart():
    read = smtp_settings("smtp://u%40x:p%3Aw@mail.example:2525")

    assert (read.host, read.port, read.user, read.password, read.ssl) == ("mail.example", 2525, "u@x", "p:w", False)
    assert smtp_settings("smtps://mail.example").port == 465
    assert smtp_settings("smtp://mail.example").port == 587


@pytest.mark.parametrize(
    "url", ["mail.example", "http://u:hush@mail.example", "smtp://u:hush@mail.example:port", "smtp://"]
)
def test_what_is_no_mail_server_is_refused_without_repeating_it(url):
    with pytest.raises(PlanError) as refused:
        smtp_settings(url)

    assert "hush" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__cause__ is None
