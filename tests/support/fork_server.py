"""
freqtrade's commands in forked children of one process that has imported everything already.

A freqtrade process spends about three seconds of CPU on imports before it does anything. A child
of this one spends none, and is otherwise what `freqtrade` is: a process of its own, with its own
environment, output, exit status and threads, that runs `freqtrade.main.main`.

`run` asks for one; the server starts with the first, and ends with whoever started it.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

#: Read when an interpreter starts: who sets one of them needs an interpreter that starts.
READ_AT_START: Final = frozenset({"LD_PRELOAD", "PYTHONPATH", "PYTHONWARNINGS", "PYTHONHASHSEED"})

_LONGEST_REQUEST: Final = 1 << 20
#: With what they import themselves; every module of ours comes after them.
_MODULES: Final = (
    "freqtrade.main",
    "freqtrade.commands.optimize_commands",
    "freqtrade.optimize.analysis.lookahead_helpers",
    "freqtrade.optimize.analysis.recursive_helpers",
    "freqtrade.optimize.backtesting",
    "freqtrade.plot.plotting",
    "freqtrade.plugins.pairlist.StaticPairList",
    "freqtrade.resolvers",
    "freqtrade.rpc.rpc_manager",
    "freqtrade.freqtradebot",
    "freqtrade.worker",
    "pandas",
    "pyarrow.feather",
    "talib",
    "technical.indicators",
)


class Forked:
    """
    A freqtrade process in flight.

    :param connection: to who looks after it
    :ivar cpu: user seconds that it took, once it has ended
    """

    cpu = 0.0

    def __init__(self, connection: socket.socket) -> None:
        self._answers = connection.makefile("r")
        connection.close()
        self.pid: Final = int(self._answers.readline())

    def wait(self) -> int:
        """:return: its exit status; -n for a signal, as subprocess tells it"""
        with self._answers:
            status, cpu = self._answers.readline().split()
        self.cpu = float(cpu)
        return int(status)

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(arguments: Sequence[str], environment: Mapping[str, str], out: int, err: int) -> Forked:
    """
    :param arguments: of `freqtrade`
    :param environment: whole
    :param out: file descriptor of its standard output
    :param err: of its standard error
    """
    request = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "folder": str(Path.cwd()),
    }
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_server())
    message = json.dumps(request).encode()
    assert len(message) < _LONGEST_REQUEST
    socket.send_fds(connection, [len(message).to_bytes(4, "big")], [out, err])
    connection.sendall(message)
    return Forked(connection)


@cache
def _server() -> str:
    """The address of this process' own server, started."""
    folder = tempfile.mkdtemp(prefix="forks-")
    address = str(Path(folder) / "socket")
    process = subprocess.Popen(
        [sys.executable, "-P", __file__, address],  # the package as `freqtrade` would find it
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "COLUMNS": "1000"},  # rich reads it once
    )

    def end() -> None:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        process.stdout.close()
        process.wait()
        Path(address).unlink(missing_ok=True)
        Path(folder).rmdir()

    atexit.register(end)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return address


def _serve(address: str) -> dict[str, Any] | None:
    """
    Fork whoever is asked for, until nobody can ask any more.

    :return: in a child what it was asked for; nothing in the server, at the end
    """
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in readable:
                _reap()
                return None
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                return _look_after(connection)
            connection.close()
            _reap()


def _reap() -> None:
    """So that nobody stays a zombie, and each one's CPU time counts as that of who started us."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _look_after(connection: socket.socket) -> dict[str, Any]:
    """
    In a child of the server: fork another one, and tell its id and later its status.

    :return: in that child alone
    """
    size, streams, _, _ = socket.recv_fds(connection, 4, 2)
    with connection.makefile("rb") as stream:
        request: dict[str, Any] = json.loads(stream.read(int.from_bytes(size, "big")))
    child = os.fork()
    if child == 0:
        connection.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, descriptor in enumerate((nothing, *streams)):
            os.dup2(descriptor, number)
            os.close(descriptor)
        return request
    for descriptor in streams:
        os.close(descriptor)
    connection.sendall(f"{child}\n".encode())
    _, status, used = os.wait4(child, 0)
    with contextlib.suppress(BrokenPipeError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)} {used.ru_utime}\n".encode())
    os._exit(0)


def _import_all() -> None:
    import vectra_freqtrade

    for name in _MODULES:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(vectra_freqtrade.__path__, "vectra_freqtrade."):
        if not module.name.startswith("vectra_freqtrade.strategies"):
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def _main() -> None:
    _import_all()
    request = _serve(sys.argv[1])
    if request is None:
        return
    gc.unfreeze()
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    executable = str(Path(sys.executable).parent / "freqtrade")
    sys.argv = [executable, *request["arguments"]]
    from freqtrade.main import main

    sys.exit(main())


if __name__ == "__main__":
    _main()
