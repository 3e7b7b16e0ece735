"""Where cells run: local processes, or Ray tasks. Either way each job has one thread, so results are bit-identical."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol, TypeVar

from angelshare import __version__
from angelshare.core.errors import AngelshareError, MissingExtraError, WorkerError

Job = TypeVar("Job")
Result = TypeVar("Result")
KEPT = "finished cells are kept: run the same command again"


class Engine(Protocol):
    """Runs jobs and yields (index, result) as they finish."""

    def run(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
        """Yield results in the order they finish."""
        ...

    def close(self) -> None:
        """Let workers go."""
        ...


def one_thread() -> None:
    """Hold this process to one thread: sums then have one order, and workers do not fight over cores."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        import torch  # noqa: PLC0415 - only the train extra brings it
    except ModuleNotFoundError:
        return
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    # it would fill every new tensor with NaN to expose reads of unset memory: slow, and no result depends on it
    torch.utils.deterministic.fill_uninitialized_memory = False


def _begin_worker(parent: int) -> None:
    one_thread()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """Leave when the run is gone: a worker whose run was killed would otherwise train on for nobody."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


class LocalEngine:
    """Local processes; even one worker is a child of its own."""

    def __init__(self, workers: int) -> None:
        # spawned, not forked: a forked copy of a process with threads may hang
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_begin_worker, initargs=(os.getpid(),)
        )

    def run(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
        """Yield results in the order they finish; the first failure stops what has not begun.

        Raises WorkerError if a worker dies, and whatever a job raises.
        """
        futures: dict[Future[Result], int] = {}
        try:
            for index, job in enumerate(jobs):
                futures[self._pool.submit(function, job)] = index
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise WorkerError(
                f"a worker process died (killed, or out of memory); {KEPT}, with fewer --workers if memory was short"
            ) from None
        finally:
            for future in futures:
                future.cancel()

    def close(self) -> None:
        """Wait for the workers and let them go."""
        self._pool.shutdown(cancel_futures=True)


class RayEngine:
    """Ray tasks of one CPU each; `address` is a cluster's, or "local" to start one here."""

    def __init__(self, address: str) -> None:
        if address != "local":
            # read when Ray is imported; its own twenty attempts at a cluster that is gone take a quarter of an hour
            os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")
        try:
            import ray  # noqa: PLC0415 - only the ray extra brings it
        except ModuleNotFoundError as error:
            raise MissingExtraError("--ray", "ray") from error
        self._ray: Any = ray
        try:
            ray.init(address=address, log_to_driver=False, logging_level="error", include_dashboard=False)
        except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
            raise WorkerError(
                f"--ray {address}: no Ray cluster answers there ({error}); 'local' starts one here; {KEPT}"
            ) from error

    def run(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
        """Yield results in the order they finish.

        Raises WorkerError if workers, nodes or the cluster are lost or run other versions, and whatever a job raises.
        """
        task = self._ray.remote(num_cpus=1, max_retries=3)(_alone)
        waiting = {task.remote(function, job): index for index, job in enumerate(jobs)}
        while waiting:
            done, result = self._next(list(waiting))
            yield waiting.pop(done), result

    def _next(self, waiting: Sequence[Any]) -> tuple[Any, Any]:
        """Wait for the next finished task; gives its reference and its result."""
        errors = self._ray.exceptions
        try:
            done, _ = self._ray.wait(waiting, num_returns=1)
            result, theirs = self._ray.get(done[0])
        except errors.RayTaskError as error:
            if isinstance(error.cause, AngelshareError):
                raise error.cause from None
            raise
        except errors.RayError as error:
            raise WorkerError(
                f"Ray lost a worker, a node or its cluster ({type(error).__name__}: {error}); {KEPT}"
            ) from error
        refuse_other_versions(theirs, versions())
        return done[0], result

    def close(self) -> None:
        """Disconnect; a local cluster ends."""
        self._ray.shutdown()


def versions() -> Mapping[str, str]:
    """Name the versions that results depend on, as installed where this runs."""
    try:
        torch = version("torch")
    except PackageNotFoundError:
        torch = "none"
    return {"angelshare": __version__, "torch": torch}


def refuse_other_versions(theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
    """Raise WorkerError if a worker runs other versions than this process: results of the two are not to be mixed."""
    for name, own in ours.items():
        found = theirs.get(name, "none")
        if found != own:
            raise WorkerError(
                f"a Ray worker has {name} {found}, but this process has {own}; results of two versions are not mixed: "
                f"install {name} {own} on every node; {KEPT}"
            )


def _alone(function: Callable[[Job], Result], job: Job) -> tuple[Result, Mapping[str, str]]:
    """Do a job on one thread; gives its result and the versions that made it."""
    one_thread()
    return function(job), versions()
