import subprocess
import sys

from angelshare import stats


def test_importing_the_room_does_not_import_scipy():
    code = "import angelshare.stats, sys; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_of_the_room_is_there():
    assert [name for name in stats.__all__ if not hasattr(stats, name)] == []
    assert not hasattr(stats, "no_such_name")
