"""Ctrl-C ends the demo, its servers and whatever freqtrade it had started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.freqtrade


def _listening() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("to", ["group", "process"])
def test_ctrl_c_leaves_nothing_running(tmp_path: Path, to: str):
    """A terminal tells the whole group, a supervisor the process alone."""
    command = [str(Path(sys.executable).parent / "vectra-freqtrade"), "demo", "--days", "5"]
    with subprocess.Popen(
        [*command, "--userdir", str(tmp_path / "user_data")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=_listening,
        # freqtrade's progress must not fill the pipe before we stop reading.
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if "$ freqtrade download-data" in line)
        family = psutil.Process(demo.pid).children(recursive=True)
        if to == "group":
            os.killpg(demo.pid, signal.SIGINT)
        else:
            demo.send_signal(signal.SIGINT)
        output, _ = demo.communicate(timeout=300)
    assert demo.returncode == 130
    assert "Traceback" not in output
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    named = [p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in str(p.info["cmdline"])]
    assert named == []
