"""What the measurements share: building ours, running it beside the peer, and
saying what was measured.

Both sides are whole processes on the same data, one after the other in turns
(ours, peer, ours, peer, …), so that a busy moment of the machine meets both.
A row gives the median and the least of its runs; the ratio is of medians.
"""

import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out"
DATA = Path(os.environ.get("OUTCORE_BENCH_DATA", OUT / "data"))
REAL = ROOT / ".." / "shared" / "data"  # real data sets, where there are any
RUNS = int(os.environ.get("OUTCORE_BENCH_RUNS", "5"))
MIB = 1 << 20


def build():
    """Builds outcore and the limiter into bench/out."""
    OUT.mkdir(parents=True, exist_ok=True)
    DATA.mkdir(parents=True, exist_ok=True)
    for name, package in (("outcore", "./cmd/outcore"), ("limited", "./bench/limited")):
        subprocess.run(["go", "build", "-o", str(OUT / name), package], cwd=ROOT, check=True)


def limited(command, limit=0, env=None):
    """Runs a command, under a limit of so many bytes when not 0.

    Returns what bench/limited says (peak, elapsed, user, system in bytes and
    seconds), with the command's exit code, stdout and stderr.
    """
    done = subprocess.run([str(OUT / "limited"), str(int(limit))] + [str(a) for a in command], capture_output=True, text=True, env=env)
    *rest, last = done.stderr.strip().split("\n")
    if not last.startswith("{"):
        sys.exit(f"{command}: {done.stderr}")
    return json.loads(last) | {"exit": done.returncode, "out": done.stdout, "err": "\n".join(rest)}


def outcore(args, limit=0, ok=True):
    """Runs outcore with --json; the result has its status and its steps.

    steps is {name: seconds} of the run's own log.
    """
    home = OUT / "home"
    shutil.rmtree(home, ignore_errors=True)
    env = os.environ | {"OUTCORE_HOME": str(home)}
    r = limited([OUT / "outcore", *args, "--json", "--quiet"], limit, env)
    if r["exit"] != 0 and ok:
        sys.exit(f"outcore {' '.join(map(str, args))}: exit {r['exit']}\n{r['err']}")
    r["status"] = json.loads(r["out"].strip().split("\n")[-1])
    r["steps"] = {}
    if r["exit"] == 0 and r["status"].get("run"):
        show = subprocess.run([str(OUT / "outcore"), "runs", "show", "last", "--json"], capture_output=True, text=True, env=env, check=True)
        began = {}
        for e in json.loads(show.stdout)["events"]:
            at = datetime.datetime.fromisoformat(e["time"][:26].rstrip("Z") + "+00:00")
            if e["kind"] == "start":
                began[e["step"]] = at
            elif e["kind"] == "end" and e["step"] in began:
                r["steps"][e["step"]] = (at - began[e["step"]]).total_seconds()
    return r


def peer(script, *args):
    """Runs a function of a script's PEERS in a process of its own.

    Its seconds are its own clock's, without the start of Python and imports.
    """
    r = limited([sys.executable, script, "--peer", *map(str, args)])
    if r["exit"] != 0:
        sys.exit(f"{script} --peer {args}: {r['err']}")
    return r | json.loads(r["out"].strip().split("\n")[-1])


def serve_peer(peers):
    """Answers `script --peer NAME ARG…`; true when that was asked."""
    if len(sys.argv) < 3 or sys.argv[1] != "--peer":
        return False
    print(json.dumps(peers[sys.argv[2]](*sys.argv[3:])))
    return True


def turns(sides, runs=RUNS):
    """Runs every side in turns; {name: [result of each run]}. One run of each comes before, unmeasured."""
    results = {name: [] for name in sides}
    for k in range(runs + 1):
        for name, run in sides.items():
            r = run()
            if k > 0:
                results[name].append(r)
    return results


def spread(values):
    """(median, least)"""
    return statistics.median(values), min(values)


def warm(*paths):
    """Reads files so that they are in the page cache."""
    for p in paths:
        with open(p, "rb") as f:
            while f.read(8 * MIB):
                pass


def machine():
    """What the figures were measured on, in general terms."""
    vendor = "unknown"
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("vendor_id"):
                vendor = line.split(":")[1].strip()
                break
    except OSError:
        vendor = platform.processor()
    versions = {"python": platform.python_version()}
    for name in ("numpy", "scipy", "sklearn", "pandas", "pyarrow"):
        versions[name] = __import__(name).__version__
    go = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, cwd=ROOT, check=True).stdout.strip()
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": f"{platform.machine()} {vendor}",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "load": round(os.getloadavg()[0], 1),
        "date": datetime.date.today().isoformat(),
        "versions": versions | {"go": go},
    }


def report(row, lines, result):
    """Prints a row and keeps it as bench/out/ROW.json."""
    m = machine()
    print(f"== {row}   {m['cores']} cores, {m['cpu']}, {m['system']}, load {m['load']}, {m['date']}")
    print("   " + ", ".join(f"{k} {v}" for k, v in m["versions"].items()))
    for line in lines:
        print("   " + line)
    (OUT / f"{row}.json").write_text(json.dumps({"row": row, "machine": m, "result": result}, indent=1) + "\n")


def timed(work):
    """Seconds that work() takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
