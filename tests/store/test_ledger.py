from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from angelshare.core.errors import LedgerError, StorageError
from angelshare.store.ledger import Ledger
from angelshare.store.rows import Answer, Attempt


def answer(number: int, *, cost: float | None = 0.25) -> Answer:
    return Answer(
        request_sha256=f"{number:064x}",
        request='{"body": {}}',
        model="m",
        status=200,
        response=b'{"n": %d}' % number,
        usage="",
        tokens_in=10,
        tokens_out=5,
        tokens_delivered=5,
        usage_estimated=False,
        price="",
        cost_usd=cost,
        sent_at="2026-11-24T08:00:00+00:00",
        seconds=0.5,
        attempts=1,
    )


def attempt(number: int, event: str) -> Attempt:
    at = "2026-11-24T08:00:00+00:00"
    return Attempt(request_sha256=f"{number:064x}", at=at, event=event, reserved_tokens=100, reserved_usd=1.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger that holds answers 0 to 9."""
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        for done in [ledger.append(answer(number)) for number in range(10)]:
            done.result(timeout=10)
    return path


def tamper(path: Path, *statements: str) -> None:
    """Change a ledger the way someone with a database tool would: guards off first."""
    with sqlite3.connect(path) as connection:
        for name in ("answers_no_UPDATE", "answers_no_DELETE", "attempts_no_UPDATE", "attempts_no_DELETE"):
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_what_was_appended_is_found_again_byte_for_byte_in_another_sitting(path):
    with Ledger(path) as ledger:
        assert ledger.find(f"{7:064x}") == answer(7)
        assert ledger.find("f" * 64) is None
        assert list(ledger.answers()) == [answer(number) for number in range(10)]


def test_the_ledger_refuses_updates_and_deletions(path):
    connection = sqlite3.connect(path)
    for statement in ("UPDATE answers SET cost_usd = 0", "DELETE FROM answers"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE answers SET cost_usd = 0 WHERE row = 4", r"row 4 of 'answers' was changed or damaged"),
        ("UPDATE answers SET response = x'7b7d' WHERE row = 9", r"row 9 of 'answers' was changed or damaged"),
        ("UPDATE answers SET tokens_in = x'00' WHERE row = 2", r"row 2 of 'answers' was changed or damaged"),
        ("DELETE FROM answers WHERE row = 6", r"row 6 of 'answers' is missing"),
        ("DELETE FROM answers WHERE row = 1", r"row 1 of 'answers' is missing"),
        ("UPDATE answers SET previous = sha256 WHERE row = 3", r"row 3 of 'answers' is missing, or does not follow"),
    ],
)
def test_a_row_that_was_changed_or_dropped_is_named_with_what_would_do(path, statement, message):
    tamper(path, statement)
    with pytest.raises(LedgerError, match=message + r".*restore the file from a copy"):
        Ledger(path)


def test_rows_dropped_from_the_end_show_by_the_head(path):
    with Ledger(path) as ledger:
        head = ledger.head()
    tamper(path, "DELETE FROM answers WHERE row = 10")
    with Ledger(path) as ledger:
        assert ledger.head() != head


def test_a_row_damaged_while_the_ledger_is_open_is_not_handed_out(path):
    with Ledger(path) as ledger:
        tamper(path, "UPDATE answers SET response = x'00' WHERE row = 5")
        with pytest.raises(LedgerError, match="row 5"):
            ledger.find(f"{4:064x}")


def test_a_file_that_is_no_ledger_is_refused_and_left_alone(tmp_path):
    text, database = tmp_path / "notes.txt", tmp_path / "other.sqlite"
    text.write_text("Dear diary, this is not a database.")
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger(text)
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger(database)
    assert text.read_text().startswith("Dear diary")


def test_a_ledger_with_damaged_pages_is_a_named_error(path):
    data = bytearray(path.read_bytes())
    data[5000:9000] = b"\xaa" * 4000
    path.write_bytes(data)
    with pytest.raises(LedgerError, match=r"damaged|changed|missing"):
        Ledger(path)


def test_a_ledger_of_a_newer_version_is_refused(path):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LedgerError, match="version 99 is newer"):
        Ledger(path)


def test_a_ledger_in_a_missing_folder_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError, match="cannot write the ledger"):
        Ledger(tmp_path / "absent" / "ledger.sqlite")


def test_totals_count_a_call_of_unknown_outcome_at_its_reserved_size(tmp_path):
    path = tmp_path / "ledger.sqlite"
    rows = [
        attempt(1, "sent"),
        attempt(1, "unpaid"),  # declined: costs nothing
        attempt(1, "sent"),
        answer(1),  # 15 tokens, 0.25 dollars
        attempt(2, "sent"),
        attempt(2, "unsure"),  # 100 tokens, 1 dollar
        attempt(3, "sent"),  # never closed: killed in flight, 100 tokens, 1 dollar
    ]
    with Ledger(path) as ledger:
        for row in rows:
            ledger.append(row).result(timeout=10)
        live = ledger.totals()
    with Ledger(path) as ledger:
        assert ledger.totals() == live
        assert list(ledger.attempts()) == [row for row in rows if isinstance(row, Attempt)]
    assert (live.calls, live.tokens, live.dollars, live.answers, live.unsure) == (3, 215, 2.25, 1, 2)


def test_two_writers_on_one_ledger_keep_one_chain_and_see_each_other(path):
    with Ledger(path) as one, Ledger(path) as two:
        for number in range(10, 30):
            (one if number % 2 else two).append(answer(number)).result(timeout=10)
        one.append(answer(30)).result(timeout=10)
        assert one.totals().answers == 31
    with Ledger(path) as ledger:
        assert [row.request_sha256 for row in ledger.answers()] == [f"{number:064x}" for number in range(31)]


def test_everything_reported_durable_survives_kill_9(tmp_path):
    path, script = tmp_path / "ledger.sqlite", tmp_path / "write.py"
    script.write_text(
        "import sys, pathlib, itertools\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from store.test_ledger import answer\n"
        "from angelshare.store.ledger import Ledger\n"
        "ledger = Ledger(pathlib.Path(sys.argv[1]))\n"
        "for n in itertools.count():\n"
        "    for k, done in [(k, ledger.append(answer(k))) for k in range(8 * n, 8 * n + 8)]:\n"
        "        done.result(); print(k, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, str(script), str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(100)]
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    said += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    with Ledger(path) as ledger:
        kept = {int(row.request_sha256, 16) for row in ledger.answers()}
    assert {int(line) for line in said if line.endswith("\n")} <= kept
    assert len(said) >= 100


def test_a_ledger_that_cannot_grow_says_so_and_keeps_what_it_has(tmp_path):
    script = (
        "import resource, signal, sys, pathlib\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from store.test_ledger import answer\n"
        "from angelshare.core.errors import StorageError\n"
        "from angelshare.store.ledger import Ledger\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "ledger, kept = Ledger(pathlib.Path(sys.argv[1])), 0\n"
        "try:\n"
        "    while True:\n"
        "        ledger.append(answer(kept)).result(); kept += 1\n"
        "except StorageError as error:\n    print(kept, error)\n"
    )
    path = tmp_path / "ledger.sqlite"
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=True, capture_output=True, text=True)
    kept, _, message = done.stdout.partition(" ")
    assert "ledger.sqlite" in message
    with Ledger(path) as ledger:
        assert ledger.totals().answers == int(kept) > 10
