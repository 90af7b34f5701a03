"""Chunking: ours beside the plain way in Python, on the same file, in the same run.

The peer of svmlight reads blocks of lines (through bz2), has two processes
parse each with load_svmlight_file and write it with savez_compressed. The peers
of CSV are pandas (read_csv, to_parquet) and pyarrow (read_csv, write_table on
two threads). The peers' clocks start after their imports; ours is that of the
whole process. Files are in the page cache; what is written goes to a disk, and
ours is forced to it.
"""

import io
import os
import shutil
import sys

import common
from common import DATA, MIB, OUT

import learn

BUDGET = 256 * MIB
CHUNK, WIDTH = 10_000, 784


# The data.


def digits(copies=1):
    """svmlight like MNIST: 60,000 rows of strokes, about 150 of 784 values a row."""
    import numpy as np

    path = DATA / "digits.svm"
    if not path.exists():
        rng = np.random.default_rng(7)
        yy, xx = np.mgrid[-3:4, -3:4]
        names = [b" %d:" % (j + 1) for j in range(WIDTH)]
        values = [b"%d" % v for v in range(256)]
        with open(path, "wb") as f:
            for i in range(60_000):
                image = np.zeros((28, 28))
                points = rng.uniform(5, 23, (5, 2))
                for a, b in zip(points, points[1:]):
                    for s in np.linspace(0, 1, 10):
                        p = a * (1 - s) + b * s
                        r, c = p.astype(int)
                        dot = np.exp(-(((yy + r - p[0]) ** 2 + (xx + c - p[1]) ** 2) / 3.0) ** 2)
                        part = image[r - 3 : r + 4, c - 3 : c + 4]
                        np.maximum(part, dot, out=part)
                v = np.minimum(image * 320, 253).astype(int).ravel()
                f.write(b"%d" % (i % 10) + b"".join(names[j] + values[v[j]] for j in np.flatnonzero(v > 3)) + b"\n")
    if copies > 1:
        many = DATA / f"digits{copies}.svm"
        if not many.exists():
            with open(many, "wb") as f:
                for _ in range(copies):
                    f.write(path.read_bytes())
        path = many
    common.warm(path)
    return path


def packed(path):
    """A bzip2 file of it."""
    import bz2

    out = path.with_name(path.name + ".bz2")
    if not out.exists():
        c = bz2.BZ2Compressor(9)
        with open(path, "rb") as f, open(out, "wb") as g:
            while b := f.read(8 * MIB):
                g.write(c.compress(b))
            g.write(c.flush())
    common.warm(out)
    return out


# The peers.


def block(job):
    import numpy as np
    from sklearn.datasets import load_svmlight_file

    i, lines, folder = job
    x, y = load_svmlight_file(io.BytesIO(b"".join(lines)), n_features=WIDTH, dtype=np.float32)
    x = x.toarray() * np.float32(1 / 255)
    np.savez_compressed(os.path.join(folder, f"c{i:05d}_data.npz"), x)
    np.savez_compressed(os.path.join(folder, f"c{i:05d}_labels.npz"), y)
    return len(y)


def blocks(path, folder):
    import bz2
    import itertools

    with bz2.open(path, "rb") if path.endswith(".bz2") else open(path, "rb") as f:
        for i in itertools.count():
            lines = list(itertools.islice(f, CHUNK))
            if not lines:
                return
            yield i, lines, folder


def peer_svmlight(path):
    import multiprocessing

    import sklearn.datasets  # noqa: F401  not timed

    folder = fresh("peer")
    with multiprocessing.Pool(2) as pool:

        def work():
            assert sum(pool.imap(block, blocks(path, folder))) > 0

        return {"seconds": common.timed(work)}


def peer_pandas(path):
    import pandas as pd
    import pyarrow.parquet  # noqa: F401  not timed

    out = os.path.join(fresh("peer"), "a.parquet")
    return {"seconds": common.timed(lambda: pd.read_csv(path).to_parquet(out, row_group_size=122_880, compression="snappy"))}


def peer_pyarrow(path):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    pa.set_cpu_count(2)
    out = os.path.join(fresh("peer"), "a.parquet")
    return {
        "seconds": common.timed(
            lambda: pa.parquet.write_table(pa.csv.read_csv(path), out, row_group_size=122_880, compression="snappy")
        )
    }


PEERS = {"svmlight": peer_svmlight, "pandas": peer_pandas, "pyarrow": peer_pyarrow}


# The rows.


def fresh(name):
    folder = OUT / "chunks" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)


def chunk(path, *flags, limit=0):
    return common.outcore(["chunk", path, fresh("ours"), "--memory", "256MiB", *flags], limit)


def compare(row, path, flags, peers, need):
    """Runs ours and the peers in turns; need is {peer: ours must be this many times as fast}."""
    sides = {"ours": lambda: chunk(path, *flags)}
    for name in peers:
        sides[name] = lambda name=name: common.peer(__file__, name, path)
    results = common.turns(sides)
    ours, best = common.spread([r["elapsed"] for r in results["ours"]])
    cpu, _ = common.spread([r["user"] + r["system"] for r in results["ours"]])
    peak = max(r["peak"] for r in results["ours"])
    size = os.path.getsize(path)
    lines = [
        f"{os.path.basename(path)}, {size / 1e6:.0f} MB; {' '.join(flags)} --memory 256MiB",
        f"ours {ours:.2f} s (least {best:.2f}, {cpu:.2f} s of CPU), {size / 1e6 / ours:.0f} MB/s, peak {peak / MIB:.0f} MiB",
    ]
    out = {"ours": ours, "least": best, "cpu": cpu, "peak": peak, "bytes": size}
    for name in peers:
        med, least = common.spread([r["seconds"] for r in results[name]])
        lines.append(f"{name} {med:.2f} s (least {least:.2f}): ratio {med / ours:.1f}, must be {need[name]:.2g}")
        out[name] = {"seconds": med, "least": least, "ratio": med / ours, "must": need[name]}
    common.report(row, lines, out)


NPZ = ["--rows", str(CHUNK), "--features", str(WIDTH), "--dtype", "float32", "--scale", "1/255", "--compress", "fast"]
PARQUET = ["--rows", "10000000", "--layout", "parquet", "--row-group", "122880", "--compress", "fast"]


def bzip2():
    compare("chunk-svmlight-bz2", str(packed(digits())), NPZ, ["svmlight"], {"svmlight": 4})


def plain():
    compare("chunk-svmlight", str(digits()), NPZ, ["svmlight"], {"svmlight": 8})


def csv():
    compare("chunk-csv-parquet", str(learn.flights()), PARQUET, ["pandas", "pyarrow"], {"pandas": 3, "pyarrow": 1 / 1.3})


def capped():
    """Data of more than 4 x the budget, under a kernel's limit of 1.1 x."""
    lines, out = [], {}
    limit = BUDGET * 11 // 10
    svm = str(digits(copies=16))
    flights = str(learn.flights())
    for name, path, flags in (
        ("svmlight", svm, NPZ),
        ("csv", flights, PARQUET + ["--repeat", "7"]),
        ("one chunk", svm, NPZ + ["--rows", "100000000", "--compress", "none"]),
    ):
        r = chunk(path, *flags, limit=limit)
        s = r["status"]
        need = s["result"]["need_bytes"]
        lines.append(
            f"{name}: {s['result']['rows']:,} rows in {r['elapsed']:.1f} s, peak {r['peak'] / MIB:.0f} of {BUDGET // MIB} MiB"
            f" ({r['peak'] / BUDGET:.2f}), predicted {need / MIB:.0f}, limit {limit / MIB:.0f} by {r['method']}, killed: {r['oom_killed']}"
        )
        out[name] = {"elapsed": r["elapsed"], "peak": r["peak"], "need": need, "method": r["method"]}
    common.report("chunk-capped", lines, out)


ROWS = {"chunk-svmlight-bz2": bzip2, "chunk-svmlight": plain, "chunk-csv-parquet": csv, "chunk-capped": capped}

if __name__ == "__main__" and not common.serve_peer(PEERS):
    common.build()
    for name in sys.argv[1:] or ROWS:
        ROWS[name]()
