"""Worker processes: ended where they take too long, crash or need too much memory, and replaced."""

import os
import sys
import threading
import time
from contextlib import suppress

import pytest

from latune.errors import RunError
from latune.studio.messages import receive, send
from latune.studio.workers import BusyError, CrashError, Pool, TimeLimitError, Worker, command_of

# A worker without the networks: it starts at once.
OWN = """
import os, sys, time
from latune.studio import worker_process
def asked(header, content):
    what = header.get("do", "")
    if what == "sleep": time.sleep(60)
    if what == "crash": os._exit(3)
    if what == "fill": bytearray(2**31)
    if what == "fail": raise KeyError("secret")
    if what == "shout": print("noise")
    return {"process": os.getpid(), **header}, content[::-1]
worker_process._tasks = lambda: {"do": asked}
worker_process.serve(2**29)
"""
COMMAND = (sys.executable, "-P", "-c", OWN)


def do(what, **more):
    return {"task": "do", "do": what, **more}


@pytest.fixture
def worker():
    worker = Worker(COMMAND)
    yield worker
    worker.stop()


def is_running(process_id):
    with suppress(ProcessLookupError):
        os.kill(process_id, 0)
        return True
    return False


def test_a_request(worker):
    told, content = worker.ask(do("answer", x=[1, None, "ü"]), bytes(range(256)), 20)
    assert (told["x"], content) == ([1, None, "ü"], bytes(range(256))[::-1])
    again, _ = worker.ask(do("shout"), b"", 20)
    assert again["process"] == told["process"] == worker.process_id


def test_one_that_takes_too_long_is_ended(worker):
    process, begin = worker.ask(do(""), b"", 20)[0]["process"], time.monotonic()
    with pytest.raises(TimeLimitError, match=r"^It took longer than 0\.3 seconds\.$"):
        worker.ask(do("sleep"), b"", 0.3)
    assert time.monotonic() - begin < 10
    assert not is_running(process)
    assert worker.ask(do(""), b"", 20)[0]["process"] != process


def test_one_that_does_not_read_is_ended_too():
    deaf = "import sys, time; from latune.studio.messages import send; send(sys.stdout.buffer, {}); time.sleep(60)"
    with pytest.raises(TimeLimitError):
        Worker((sys.executable, "-P", "-c", deaf)).ask(do(""), bytes(2**22), 0.3)


def test_one_that_crashes_is_replaced(worker):
    with pytest.raises(CrashError):
        worker.ask(do("crash"), b"", 20)
    assert worker.ask(do(""), b"", 20)[0]["do"] == ""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux limits the memory of a process")
def test_too_much_memory_is_refused_and_the_worker_lives(worker):
    process = worker.ask(do(""), b"", 20)[0]["process"]
    told, _ = worker.ask(do("fill"), b"", 20)
    assert told["error"].startswith("This needs more memory than the server gives")
    assert worker.ask(do(""), b"", 20)[0]["process"] == process


def test_what_fails_says_nothing_of_its_inside(worker):
    assert worker.ask(do("fail"), b"", 20)[0] == {"error": "This failed with KeyError."}


def test_an_answer_that_is_none():
    noise = "import sys; sys.stdout.buffer.write(b'GIF89a' * 10); sys.stdout.flush(); sys.stdin.read()"
    with pytest.raises(RunError, match="could not be started"):
        Worker((sys.executable, "-c", noise)).ask({}, b"", 5)


def test_a_worker_ends_with_the_process_that_asks(worker):
    process = worker.ask(do(""), b"", 20)[0]["process"]
    worker._process.stdin.close()
    worker._process.wait(10)
    assert worker._process.returncode == 0
    assert not is_running(process)


def test_what_is_asked_first():
    worker = Worker(COMMAND, do("first"))
    worker.start()
    try:
        assert worker.ask(do("then"), b"", 20)[0]["do"] == "then"  # the first answer is not given to anybody
    finally:
        worker.stop()


def test_a_pool_shares_out_and_recovers():
    with Pool(COMMAND, 2, waiting=8) as pool:
        processes, failures = [], []

        def ask(number):
            try:
                processes.append(pool.ask(do("crash" if number == 4 else ""), seconds=20)[0]["process"])
            except CrashError as error:
                failures.append(error)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert (len(processes), len(failures)) == (9, 1)
        assert pool.ask(do("still"), seconds=20)[0]["do"] == "still"
    assert not any(is_running(process) for process in processes)


def test_more_than_may_wait_are_refused():
    with Pool(COMMAND, 1, waiting=1) as pool:
        pool.ask(do(""), seconds=20)
        waiting = [threading.Thread(target=slow, args=(pool,)) for _ in range(2)]
        for thread in waiting:
            thread.start()
        time.sleep(0.2)
        with pytest.raises(BusyError, match="busy: try again"):
            pool.ask(do(""), seconds=20)
        for thread in waiting:
            thread.join(30)
        assert pool.ask(do(""), seconds=20)[0]["do"] == ""


def slow(pool):
    with suppress(TimeLimitError):
        pool.ask(do("sleep"), seconds=1)


def test_messages_that_are_cut_off_or_too_large(tmp_path):
    for content in (b"", b"\1\0", b"\xff" * 8, b"\2\0\0\0\0\0\0\0[]", b"\2\0\0\0\0\0\0\0{"):
        (tmp_path / "stream").write_bytes(content)
        with (tmp_path / "stream").open("rb") as stream, pytest.raises(EOFError):
            receive(stream)
    with (tmp_path / "stream").open("wb") as stream:
        send(stream, {"a": 1}, b"xyz")
    with (tmp_path / "stream").open("rb") as stream:
        assert receive(stream) == ({"a": 1}, b"xyz")


def test_the_command_says_the_memory():
    assert command_of(7)[-1].endswith("serve(7)")
