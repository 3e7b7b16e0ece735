import subprocess
import sys


def test_importing_the_room_does_not_import_scipy():
    code = "import angelshare.stats, sys; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
