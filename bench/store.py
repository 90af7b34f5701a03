"""The store: ours beside icechunk + zarr-python, dask and a numpy memmap.

The peers run in .tools/oracle/python (.ci/tools.sh installs it), whose clocks
start after their imports; the CPU seconds are of whole processes, with imports
and the making of data. Ours in memory is bench/store, a small Go program on
the public packages; ours on the command line is outcore itself. Files are in
the page cache. GB are 10^9 bytes of decoded elements.

The peers are at their defaults, which were measured to be their fastest: dask
with blocks of one chunk (5.1 s; of 4 chunks 7.6 s, of 16 9.8 s). The memmap is
read in blocks of 1 MiB (0.60 s of CPU; of 4 MiB 0.66 s).
"""

import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time

import common
from common import DATA, MIB, ROOT

ORACLE = ROOT / ".tools" / "oracle" / "python" / "bin" / "python"
WIDTH = 1024  # columns of float32: 1,024 rows of them are 4 MiB, a chunk
GIB = 1 << 30
SCALE = float(os.environ.get("OUTCORE_BENCH_STORE_SCALE", "1"))  # of the sizes, for a quick look


def rows(gb):
    """Rows of WIDTH float32 that make about gb × 10^9 bytes, in whole chunks."""
    return max(1, round(gb * SCALE * 1e9 / (4 * MIB))) * 1024


# The peers, in a Python of their own.


def block(n, seed=0):
    """n rows: whole numbers with noise of three bits, as instruments give them; zstd makes them some 3.5 times smaller."""
    import numpy as np

    rng = np.random.default_rng(seed)
    base = np.linspace(0, 500, WIDTH, dtype=np.float32).round()
    return (base + rng.integers(0, 8, (n, WIDTH))).astype(np.float32)


def fresh(path):
    import icechunk

    shutil.rmtree(path, ignore_errors=True)
    return icechunk.Repository.create(icechunk.local_filesystem_storage(path))


def opened(path):
    import icechunk

    return icechunk.Repository.open(icechunk.local_filesystem_storage(path))


def peer_make(path, n, compress):
    """A repository with the array /x, by the peer itself, with its own defaults."""
    import zarr

    repo = fresh(path)
    s = repo.writable_session("main")
    codec = {} if compress == "zstd" else {"compressors": None}
    x = zarr.create_array(s.store, name="x", shape=(int(n), WIDTH), chunks=(1024, WIDTH), dtype="float32", **codec)
    for lo in range(0, int(n), 1024):
        x[lo : lo + 1024] = block(1024, lo)
    s.commit("made")
    return {}


def peer_read(path):
    import zarr

    x = zarr.open_array(opened(path).readonly_session("main").store, path="x", mode="r")
    out = {}

    def work():
        out["x"] = x[:]

    return {"seconds": common.timed(work)}


def peer_write(path, n):
    import numpy as np
    import zarr

    data = np.concatenate([block(1024, 7)] * (int(n) // 1024))
    repo = fresh(path)

    def work():
        s = repo.writable_session("main")
        x = zarr.create_array(s.store, name="x", shape=data.shape, chunks=(1024, WIDTH), dtype="float32")
        x[:] = data
        s.commit("written")

    return {"seconds": common.timed(work)}


def peer_dask(path):
    import dask
    import dask.array as da
    import zarr

    x = da.from_zarr(zarr.open_array(opened(path).readonly_session("main").store, path="x", mode="r"))
    return {"seconds": common.timed(lambda: dask.compute(x.mean(), x.std()))}


def peer_memmap(path):
    import numpy as np

    x = np.load(path, mmap_mode="r")

    def work():  # blocks, so that the temporaries of std fit the cache: one pass
        s = q = 0.0
        for lo in range(0, len(x), 256):
            b = x[lo : lo + 256]
            s += b.sum(dtype=np.float64)
            q += np.square(b, dtype=np.float64).sum()
        return s / x.size, (q / x.size - (s / x.size) ** 2) ** 0.5

    return {"seconds": common.timed(work)}


def peer_plain(path):
    import numpy as np

    x = np.load(path, mmap_mode="r")
    return {"seconds": common.timed(lambda: (x.mean(), x.std()))}


def peer_npy(path, n):
    import numpy as np

    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(int(n), WIDTH))
    for lo in range(0, int(n), 1024):
        out[lo : lo + 1024] = block(1024, lo)
    return {}


def peer_commits(path, k):
    """One chunk a commit, an object of its own."""
    import numpy as np
    import zarr

    repo = fresh(path)
    s = repo.writable_session("main")
    zarr.create_array(s.store, name="x", shape=(int(k) * 16, 16), chunks=(16, 16), dtype="float32")
    s.commit("made")
    seconds = []
    rng = np.random.default_rng(1)
    for i in range(int(k)):
        data = rng.random((16, 16), dtype=np.float32)
        s = repo.writable_session("main")
        x = zarr.open_array(s.store, path="x")

        def work():
            x[i * 16 : (i + 1) * 16] = data
            s.commit(f"{i}")

        seconds.append(common.timed(work))
    return {"seconds": statistics.median(seconds), "p99": sorted(seconds)[int(0.99 * len(seconds))]}


PEERS = {k[5:]: v for k, v in list(globals().items()) if k.startswith("peer_")}


def oracle(*args):
    if not ORACLE.exists():
        sys.exit(f"no {ORACLE}: run .ci/tools.sh oracle")
    r = common.limited([ORACLE, __file__, "--peer", *map(str, args)])
    if r["exit"] != 0:
        sys.exit(f"{args}: {r['err']}")
    return r | json.loads(r["out"].strip().split("\n")[-1])


# Ours.


def ours(*args):
    """Runs bench/store; it prints what it measured."""
    r = common.limited([common.OUT / "store", *map(str, args)])
    if r["exit"] != 0:
        sys.exit(f"store {args}: {r['err']}")
    return r | json.loads(r["out"].strip().split("\n")[-1])


def build():
    subprocess.run(["go", "build", "-o", str(common.OUT / "store"), "./bench/store"], cwd=ROOT, check=True)


def made(name, gb, compress):
    """The repository of the peer, made once, and in the page cache."""
    return once(f"store-{name}-{SCALE:g}", lambda part: oracle("make", part, rows(gb), compress))


def once(name, make):
    """What make(path) made, once, and in the page cache."""
    path = DATA / name
    if not path.exists():
        part = path.with_name("part-" + name)
        make(part)
        part.rename(path)
    common.warm(*([path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]))
    return path


# The rows.


def compared(row, what, nbytes, sides):
    results = common.turns(sides)
    lines, out = [what], {"bytes": nbytes}
    first = None
    for name, rs in results.items():
        med, least = common.spread([r["seconds"] for r in rs])
        first = first or med
        peak = max(r["peak"] for r in rs)
        rate = f" ({nbytes / med / 1e9:.2f} GB/s)" if nbytes else ""
        cpu = statistics.median([r["user"] + r["system"] for r in rs])
        lines.append(f"{name:<31} median {med:.3f} s{rate}   least {least:.3f} s   CPU {cpu:.1f} s, peak {peak / MIB:.0f} MiB   {med / first:.2f} x the time of {list(results)[0]}")
        out[name] = {"median": med, "least": least, "peak": peak, "runs": [r["seconds"] for r in rs]}
    common.report(row, lines, out)


def read():
    build()
    path, n = made("zstd", 2, "zstd"), rows(2) * WIDTH * 4
    compared("store-read", f"{n / 1e9:.1f} GB of float32 in chunks of 4 MiB, zstd, written by zarr-python: read whole into memory", n,
             {"ours": lambda: ours("read", path), "zarr-python + icechunk": lambda: oracle("read", path)})


def raw():
    build()
    path, n = made("raw", 2, "none"), rows(2) * WIDTH * 4
    compared("store-raw", "the same, not compressed, beside a copy of memory to memory never touched, on two cores", n,
             {"ours": lambda: ours("read", path), "copy": lambda: ours("copy", n), "zarr-python + icechunk": lambda: oracle("read", path)})


def write():
    build()
    n = rows(2)
    path = common.OUT / "written"
    compared("store-write", f"write {n * WIDTH * 4 / 1e9:.1f} GB of float32 from memory, zstd, one commit (ours synced to the disk)", n * WIDTH * 4,
             {"ours": lambda: ours("write", path, n), "zarr-python + icechunk": lambda: oracle("write", path, n)})
    shutil.rmtree(path, ignore_errors=True)


def stat():
    build()
    n = rows(8)
    theirs = made("zstd8", 8, "zstd")
    npy = once(f"store8-{SCALE:g}.npy", lambda part: oracle("npy", part, n))
    saved = once(f"store-saved8-{SCALE:g}", lambda part: ours("resave", theirs, part))
    for row, path, what in (("store-stat", theirs, "as zarr-python saves it: zstd"), ("store-stat-saved", saved, "as ours saves it: shuffled bytes, zstd")):

        def command():
            r = common.outcore(["array", "stat", f"{path}#/x", "--memory", "512MiB"], limit=512 * MIB * 11 // 10)
            return r | {"seconds": r["elapsed"]}

        compared(row, f"mean and std of {n * WIDTH * 4 / 1e9:.1f} GB {what}; --memory 512MiB under a limit of 563 MiB (ours: the whole process, and min, max, sum and NaN too)",
                 n * WIDTH * 4,
                 {"ours": command, "dask over zarr": lambda: oracle("dask", path), "numpy memmap, one pass": lambda: oracle("memmap", npy),
                  "numpy memmap, x.mean(), x.std()": lambda: oracle("plain", npy)})


def commit():
    build()
    path = common.OUT / "commits"
    compared("store-commit", "one chunk a commit, small repository, 100 commits: median (ours with fsync)", 0,
             {"ours": lambda: ours("commits", path, 100), "zarr-python + icechunk": lambda: oracle("commits", path, 100)})
    refs = once("store-refs", lambda part: ours("refs", part, 1_000_000))
    lines, out = ["an array of 1,000,000 chunk references"], {}
    for name, args in (("one-chunk commit, fsynced", ("commits-to", refs, 20)), ("open and read one chunk, a new process each", ("open", refs))):
        runs = [ours(*args) for _ in range(common.RUNS)]
        med, least = common.spread([r["seconds"] for r in runs])
        peak = max(r["peak"] for r in runs)
        lines.append(f"{name:<44} median {1000 * med:.1f} ms, least {1000 * least:.1f} ms, peak {peak / MIB:.0f} MiB")
        out[name] = {"median": med, "least": least, "peak": peak}
    common.report("store-commit-1m", lines, out)


def resident(pid):
    """The most memory a process that runs had resident, in bytes."""
    with open(f"/proc/{pid}/status") as f:
        return next(1024 * int(line.split()[1]) for line in f if line.startswith("VmHWM"))


def mapped():
    """array map over 4 GB at 256 MiB, killed five times, beside one left alone."""
    build()
    n = rows(4)
    cap = 256 * MIB
    source = common.OUT / "map-source"
    if not source.exists():
        ours("write", source, n)
    digests, peaks, kills = [], [], 0
    for disturbed in (False, True):
        path = common.OUT / "map"
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(source, path)
        args = ["array", "map", f"{path}#/x", "--expr", "x * 2 - 1", "--commit-every", "64", "--memory", "256MiB"]
        begin = time.time()
        while disturbed and kills < 5:
            p = subprocess.Popen([common.OUT / "outcore", *args, "--quiet"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            try:
                # Less than a fifth of the whole each, so that some is left to kill five times.
                p.wait(random.Random(kills).uniform(0.08, 0.19) * digests[0][1])
                sys.exit(f"done before it was killed five times: {kills}")
            except subprocess.TimeoutExpired:
                peaks.append(resident(p.pid))
                p.send_signal(signal.SIGKILL)
                p.wait()
                kills += 1
        r = common.outcore(args, limit=cap * 11 // 10)
        took = time.time() - begin
        peaks.append(r["peak"])
        digest = common.outcore(["repo", "digest", path])["status"]["result"]["digest"]
        digests.append((digest, took))
        shutil.rmtree(path)
    shutil.rmtree(source)
    common.report("store-map", [
        f"array map 'x * 2 - 1' over {n * WIDTH * 4 / 1e9:.1f} GB at --memory 256MiB, limit {cap * 11 // 10 / MIB:.0f} MiB",
        f"left alone {digests[0][1]:.1f} s, killed {kills} times {digests[1][1]:.1f} s, peak {max(peaks) / MIB:.0f} MiB",
        "same digest" if digests[0][0] == digests[1][0] else f"DIGESTS DIFFER: {digests}",
    ], {"digests": [d for d, _ in digests], "seconds": [t for _, t in digests], "kills": kills, "peak": max(peaks)})


ROWS = {"store-read": read, "store-raw": raw, "store-write": write, "store-stat": stat, "store-commit": commit, "store-map": mapped}

if __name__ == "__main__":
    common.serve_peer(PEERS)
