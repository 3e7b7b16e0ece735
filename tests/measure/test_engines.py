from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from angelshare import __version__
from angelshare.core.errors import MissingExtraError, NoGapError, WorkerError
from angelshare.measure.engines import LocalEngine, RayEngine, refuse_other_versions, versions

FAULTS = """
import os, signal, time
from angelshare.core.errors import MissingExtraError, NoGapError

def die(job):
    os.kill(os.getpid(), signal.SIGKILL)

def lack(job):
    raise MissingExtraError(f"'{job}'", "hf")

def refuse(job):
    raise NoGapError(job)

def linger(job):
    print("working", flush=True)
    time.sleep(600)
"""
"""Jobs that go wrong. A worker imports what it runs, and a test module cannot be imported."""
LINGERING = """
from angelshare.measure.engines import LocalEngine
import faults

if __name__ == "__main__":
    list(LocalEngine(2).run(faults.linger, [1, 2]))
"""

GONE = """
from angelshare.core.errors import WorkerError
from angelshare.measure.engines import RayEngine

try:
    RayEngine("127.0.0.1:9")
except WorkerError as error:
    print(error)
"""
"""Run in a process of its own, since Ray reads its settings once."""


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "faults.py").write_text(FAULTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for Ray's workers
    import faults  # noqa: PLC0415 - written a line ago

    yield faults
    del sys.modules["faults"]


@pytest.fixture
def engine():
    engine = LocalEngine(1)
    yield engine
    engine.close()


def test_a_worker_that_is_killed_is_a_named_error_that_says_what_is_kept(faults, engine):
    with pytest.raises(
        WorkerError, match=r"a worker process died .*finished cells are kept: run the same command again"
    ):
        list(engine.run(faults.die, ["job"]))
    with pytest.raises(WorkerError, match="a worker process died"):
        list(engine.run(abs, [-1]))  # its pool is gone, and stays a named error


def test_an_error_of_ours_comes_home_with_its_class_and_message(faults, engine):
    with pytest.raises(MissingExtraError) as lacking:
        list(engine.run(faults.lack, ["trl"]))
    with pytest.raises(NoGapError, match=r"^no gap here$"):
        list(engine.run(faults.refuse, ["no gap here"]))
    assert str(lacking.value) == str(MissingExtraError("'trl'", "hf"))
    assert dict(engine.run(abs, [-1, -2])) == {0: 1, 1: 2}  # the pool outlives them


def test_workers_end_when_their_run_is_killed(tmp_path):
    (tmp_path / "faults.py").write_text(FAULTS)
    (tmp_path / "lingering.py").write_text(LINGERING)
    with subprocess.Popen([sys.executable, "lingering.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as run:
        assert [run.stdout.readline() for _ in range(2)] == ["working\n"] * 2

        os.kill(run.pid, signal.SIGKILL)

        # workers inherited the pipe, so it ends when the last of them has; else this times out
        assert run.communicate(timeout=30)[0] == ""


@pytest.mark.slow
def test_ray_gives_results_and_named_errors(faults):
    pytest.importorskip("ray")
    engine = RayEngine("local")
    try:
        assert dict(engine.run(abs, [-1, -2])) == {0: 1, 1: 2}
        with pytest.raises(NoGapError, match=r"^no gap here$"):
            list(engine.run(faults.refuse, ["no gap here"]))
        with pytest.raises(WorkerError, match=r"Ray lost a worker.*WorkerCrashedError.*finished cells are kept"):
            list(engine.run(faults.die, ["job"]))
    finally:
        with warnings.catch_warnings():
            # Ray lets go of its own processes without waiting for them
            warnings.simplefilter("ignore", ResourceWarning)
            engine.close()
            gc.collect()


@pytest.mark.slow
def test_a_ray_cluster_that_is_gone_is_a_named_error_within_two_minutes():
    pytest.importorskip("ray")
    environment = {name: value for name, value in os.environ.items() if name != "RAY_NUM_REDIS_GET_RETRIES"}
    run = subprocess.run(
        [sys.executable, "-c", GONE], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.stdout.startswith("--ray 127.0.0.1:9: no Ray cluster answers there"), run.stderr


def test_what_is_no_address_of_a_ray_cluster_is_a_named_error():
    pytest.importorskip("ray")
    with pytest.raises(WorkerError, match=r"--ray nowhere: no Ray cluster answers there .*'local' starts one"):
        RayEngine("nowhere")


@pytest.mark.parametrize("name", ["angelshare", "torch"])
def test_a_worker_of_another_version_is_refused_by_name(name):
    ours = versions()
    assert ours["angelshare"] == __version__
    refuse_other_versions(versions(), ours)
    with pytest.raises(
        WorkerError, match=rf"a Ray worker has {name} 0\.1, but this process has {ours[name]}".replace("+", r"\+")
    ):
        refuse_other_versions({**ours, name: "0.1"}, ours)
