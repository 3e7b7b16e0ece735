"""What tests of verbs share."""

from __future__ import annotations

import pytest

from angelshare.cli import main


@pytest.fixture
def say(capsys):
    """Run a verb in this process: (exit code, standard output, standard error)."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        out = capsys.readouterr()
        return stop.value.code or 0, out.out, out.err

    return run
