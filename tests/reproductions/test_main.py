import dataclasses

from click.testing import CliRunner
from reproductions.__main__ import ALL, main, priced
from reproductions.published_table import reproduce


def test_the_published_tables_come_out_as_derived(tmp_path):
    assert reproduce(tmp_path, workers=1).passed


def test_one_alone_is_printed_and_leaves_the_page(tmp_path):
    done = CliRunner().invoke(main, ["--only", "B1p", "--out", str(tmp_path), "--docs", str(tmp_path / "page.md")])
    assert done.exit_code == 0, done.output
    assert "pass  LLaMA-7B broad: recovery -0.50" in done.output
    assert not (tmp_path / "page.md").exists()


def test_the_dearest_sitting_is_remembered(tmp_path):
    outcome = reproduce(tmp_path, workers=1)
    assert priced(dataclasses.replace(outcome, cpu_seconds=40.0), tmp_path).cpu_seconds == 40.0
    assert priced(dataclasses.replace(outcome, cpu_seconds=1.0), tmp_path).cpu_seconds == 40.0


def test_an_unknown_name_lists_the_known_ones():
    done = CliRunner().invoke(main, ["--only", "B9"])
    assert done.exit_code == 2
    assert all(name in done.output for name in ALL)
