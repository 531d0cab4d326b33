"""Processes that are started, watched and ended; locks; and what is said to the user meanwhile.

Every process gets a group of its own, so that Ctrl+C reaches `./dev` alone, which ends each of them in order.
"""

import fcntl
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from .paths import LOGS

STARTED = time.monotonic()
_running = set()
_running_guard = threading.Lock()


class Problem(Exception):
    """What went wrong, in a sentence for the user. Ends `./dev` with exit code 1."""


def say(text):
    """Tell the user how far things are, on stderr: stdout is for results."""
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


def tail(path, lines=40):
    """Return the last lines of a log file, or an empty string when there is none."""
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


class Process:
    """A running program. With `log` its output goes to that file of the log folder, else where ours goes.

    :param name: what the user knows it by
    :param stop_signal: what asks it to end
    :param progress: a pattern with two groups ("done", "of"), looked for in the log and reported now and then
    """

    def __init__(self, name, command, *, log=None, progress=None, stop_signal=signal.SIGTERM, **popen):
        self.name, self.progress, self.stop_signal = name, progress, stop_signal
        self.log = LOGS / log if log else None
        if self.log:
            LOGS.mkdir(parents=True, exist_ok=True)
            with open(self.log, "wb") as out:
                popen.setdefault("stderr", subprocess.STDOUT)
                self._start(command, stdout=out, **popen)
        else:
            self._start(command, **popen)

    def _start(self, command, **popen):
        popen.setdefault("stdin", subprocess.DEVNULL)
        with _running_guard:
            self.popen = subprocess.Popen([str(part) for part in command], start_new_session=True, **popen)
            _running.add(self)

    def poll(self):
        """Return the exit code, or None while it runs."""
        return self.popen.poll()

    def wait(self):
        """Wait for the end and return the exit code; what interrupts the waiting ends the process."""
        try:
            shown, pause = time.monotonic(), 0.01
            while self.poll() is None:
                try:
                    self.popen.wait(pause)
                except subprocess.TimeoutExpired:
                    pause = min(pause * 2, 0.5)
                if self.progress and time.monotonic() - shown > 5:
                    shown = time.monotonic()
                    self._show_progress()
        except BaseException:
            self.end()
            raise
        self._forget()
        return self.popen.returncode

    def _show_progress(self):
        found = re.findall(self.progress, self.log.read_text(errors="replace"))
        if found:
            say(f"  {self.name}: {found[-1][0]} of {found[-1][1]}")

    def end(self, grace=15):
        """Ask the whole group to end, then make it."""
        for number in (self.stop_signal, signal.SIGKILL):
            if self.poll() is None:
                self._signal_group(number)
                try:
                    self.popen.wait(grace)
                except subprocess.TimeoutExpired:
                    continue
        self._signal_group(signal.SIGKILL)  # what it left behind in its group
        self._forget()

    def _signal_group(self, number):
        with suppress(ProcessLookupError, PermissionError):  # gone already, or a group that was never ours
            os.killpg(self.popen.pid, number)

    def _forget(self):
        with _running_guard:
            _running.discard(self)

    def failure(self):
        """Return the Problem that tells how it ended, with the end of its log."""
        shown = f"\n{tail(self.log)}\n(the whole log: {self.log})" if self.log else ""
        return Problem(f"{self.name} ended with exit code {self.popen.returncode}{shown}")


def run(name, command, **options):
    """Run a program to its end; raise Problem when it fails. Options as for Process."""
    process = Process(name, command, **options)
    if process.wait():
        raise process.failure()


def output(command, **popen):
    """Return (exit code, stdout, stderr) of a short program."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, **popen
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def is_alive(number):
    """Tell whether there is a process of that number."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def end_all():
    """End every process that still runs, the youngest first."""
    with _running_guard:
        left = sorted(_running, key=lambda process: -process.popen.pid)
    for process in left:
        process.end()


def side_by_side(*tasks):
    """Run the functions at the same time and return their results; when one fails the others are ended."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        waiting = [pool.submit(task) for task in tasks]
        try:
            return [one.result() for one in waiting]
        except BaseException:
            end_all()
            raise


class Lock:
    """A lock file between `./dev` processes; the system lets go of it when its owner dies."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(path, "a+")  # noqa: SIM115 - held open as long as the lock

    def acquire(self, *, shared=False, wait=True):
        """Take (or change) the lock; without `wait` return False when somebody else has it."""
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self.file, mode if wait else mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self):
        self.file.close()


@contextmanager
def locked(path, purpose):
    """Hold the lock alone; say what is waited for when another `./dev` has it."""
    lock = Lock(path)
    try:
        if not lock.acquire(wait=False):
            say(f"waiting for another ./dev: {purpose}")
            lock.acquire()
        yield
    finally:
        lock.release()
