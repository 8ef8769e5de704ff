"""Whole processes, timed in turn."""
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time


def run(command, timeout=600):
    """One process: wall and CPU seconds, peak memory in MB, exit status, end of stderr."""
    with open(os.devnull, "rb") as nothing, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        p = subprocess.Popen(command, stdin=nothing, stdout=err, stderr=err, start_new_session=True)
        alarm = threading.Timer(timeout, lambda: os.killpg(p.pid, signal.SIGKILL))
        alarm.start()
        _, status, used = os.wait4(p.pid, 0)
        wall = time.perf_counter() - start
        alarm.cancel()
        p.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        words = err.read().decode("utf-8", "replace")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "rss": used.ru_maxrss / 1024,
            "rc": p.returncode, "words": words}


def rounds(commands, runs):
    """Run {name: function of an output folder} in turn; per name the best figures, or None when it failed."""
    rows = {name: [] for name in commands}
    for k in range(runs):
        for name in list(commands) if k % 2 == 0 else list(commands)[::-1]:
            done = rows[name]
            if done and (done[-1]["rc"] != 0 or sum(r["wall"] for r in done) > 100):
                continue
            folder = tempfile.mkdtemp()
            done.append(run(commands[name](folder)))
            shutil.rmtree(folder)
    best = {}
    for name, done in rows.items():
        if done[-1]["rc"] != 0:
            print(f"  {name}: exit status {done[-1]['rc']}: {done[-1]['words'].strip()[-300:]}")
            best[name] = None
        else:
            best[name] = {"wall": min(r["wall"] for r in done), "cpu": min(r["cpu"] for r in done),
                          "rss": max(r["rss"] for r in done), "runs": len(done)}
    return best
