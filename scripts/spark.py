"""Hold Spark against DuckDB: `make spark` sketches the same requests in both and compares the files byte by byte.

Spark runs in this process, on Java 17 or later, which comes from Debian when it is missing (as root; elsewhere install
it and set JAVA_HOME). The Python that runs this must have the extra `spark`; `make spark` keeps one of its own for it.
"""

# ruff: noqa: INP001, S603, S607 - scripts are no package; every command is put together here, and says how it went
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEST = "tests/detect/test_engine_spark.py"
JAVA = "openjdk-17-jre-headless"


def java() -> None:
    """See to it that there is a Java; install it from Debian if it is missing."""
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", JAVA]):
            subprocess.run(["apt-get", "-q", *command], check=True, env=environment)
    if not shutil.which("java"):
        raise SystemExit(f"Java is missing; install version 17 or later (Debian: {JAVA}) and set JAVA_HOME")


def main() -> int:
    """Run the test of equality; gives its exit code. Without pyspark it would be skipped, so that is an error here."""
    if find_spec("pyspark") is None:
        raise SystemExit(f"{sys.executable} has no pyspark; run `make spark`, or install the extra 'spark'")
    java()
    return subprocess.run([sys.executable, "-m", "pytest", "-q", TEST], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
