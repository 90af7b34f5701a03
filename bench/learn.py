"""Learning: ours beside scikit-learn on the same file, in the same run.

Throughput is bytes of float32 features a second, each pass counted once. Of
ours two are given: over the passes, by the run's own log, and over the whole
process from start to exit, model written. The peer's clock starts after its
imports. Neither is charged for reading the disk: the files are in the page
cache.
"""

import sys

import common
from common import DATA, MIB

ROWS_400MB, WIDTH = 1_000_000, 100


# The data.


def arrays(name, files, rows, width=WIDTH):
    """Chunk files of float32 rows and their targets, uncompressed; made once."""
    import numpy as np

    folder = DATA / name
    done = DATA / (name + ".done")
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(1)
        w = rng.standard_normal(width)
        for k in range(files):
            x = rng.standard_normal((rows, width), dtype=np.float32) * 3 + 1
            y = (x @ w).astype(np.float32) + rng.standard_normal(rows).astype(np.float32)
            np.savez(folder / f"part{k:05d}_data.npz", x)
            np.savez(folder / f"part{k:05d}_labels.npz", y)
        done.touch()
    data = sorted(folder.glob("*_data.npz"))
    common.warm(*folder.glob("*.npz"))
    return data


def mapped(path):
    """The one array of an uncompressed npz, as a memmap of it."""
    import zipfile

    import numpy as np

    with zipfile.ZipFile(path) as z:
        info = z.infolist()[0]
        with z.open(info) as f:
            np.lib.format.read_magic(f)
            shape, _, dtype = np.lib.format.read_array_header_1_0(f)
            header = f.tell()
    with open(path, "rb") as f:
        f.seek(info.header_offset + 26)
        name, extra = f.read(2), f.read(2)
    start = info.header_offset + 30 + int.from_bytes(name, "little") + int.from_bytes(extra, "little") + header
    return np.memmap(path, dtype=dtype, mode="r", offset=start, shape=shape)


def svmlight():
    """50 hashed features of 2^20 a row, skewed as words are; 150,000 rows."""
    import numpy as np

    path = DATA / "hashed.svm"
    if not path.exists():
        rng = np.random.default_rng(2)
        w = rng.standard_normal(1 << 20)
        with open(path, "w") as f:
            for _ in range(150_000):
                idx = np.unique((rng.zipf(1.2, 50) * 2654435761) % (1 << 20))
                val = rng.random(len(idx)).round(4)
                y = 1 if w[idx] @ val > 0 else -1
                f.write(f"{y} " + " ".join(f"{i + 1}:{v:g}" for i, v in zip(idx, val)) + "\n")
    common.warm(path)
    return path


def flights():
    """160 MB of CSV: the 100,000 real flights, again and again."""
    path = DATA / "flights.csv"
    if not path.exists():
        import pyarrow.parquet as pq

        table = pq.read_table(common.REAL / "nycflights13-flights-sample100k.parquet").to_pandas()
        table = table.drop(columns=[c for c in table if c.startswith("__")])
        with open(path, "w") as f:
            text = table.to_csv(index=False)
            head, body = text.split("\n", 1)
            f.write(head + "\n")
            while f.tell() < 160e6:
                f.write(body)
    common.warm(path)
    return path


# The peer.


def peer_scaler(path, batch):
    from sklearn.preprocessing import StandardScaler

    x, batch = mapped(path), int(batch)
    s = StandardScaler()

    def work():
        for lo in range(0, len(x), batch):
            s.partial_fit(x[lo : lo + batch])

    return {"seconds": common.timed(work)}


def peer_sgd(path, batch):
    from sklearn.linear_model import SGDRegressor
    from sklearn.preprocessing import StandardScaler

    x, y, batch = mapped(path), mapped(path.replace("_data", "_labels")), int(batch)
    s, m = StandardScaler(), SGDRegressor()

    def fit():
        for lo in range(0, len(x), batch):
            s.partial_fit(x[lo : lo + batch])

    def learn():
        for lo in range(0, len(x), batch):
            m.partial_fit(s.transform(x[lo : lo + batch]), y[lo : lo + batch])

    steps = {"fit": common.timed(fit), "learn": common.timed(learn)}
    return {"seconds": sum(steps.values()), "steps": steps}


def peer_svmlight(path, batch):
    from sklearn.datasets import load_svmlight_file
    from sklearn.linear_model import SGDClassifier

    batch, m = int(batch), SGDClassifier(loss="log_loss")

    def work():
        import os

        size, piece = os.path.getsize(path), 8 * MIB
        for at in range(0, size, piece):
            x, y = load_svmlight_file(path, n_features=1 << 20, offset=at, length=piece, zero_based=False)
            for lo in range(0, x.shape[0], batch):
                m.partial_fit(x[lo : lo + batch], y[lo : lo + batch], classes=[-1, 1])

    return {"seconds": common.timed(work)}


USED = ["dep_delay", "distance", "hour", "month"]


def peer_csv(path, batch):
    import pandas as pd
    from sklearn.linear_model import SGDRegressor
    from sklearn.preprocessing import StandardScaler

    batch, s, m = int(batch), StandardScaler(), SGDRegressor()

    def chunks():
        for t in pd.read_csv(path, usecols=[*USED, "arr_delay"], chunksize=100_000):
            yield t.dropna()

    def work():
        for t in chunks():
            s.partial_fit(t[USED].to_numpy())
        for t in chunks():
            x, y = s.transform(t[USED].to_numpy()), t["arr_delay"].to_numpy()
            for lo in range(0, len(y), batch):
                m.partial_fit(x[lo : lo + batch], y[lo : lo + batch])

    return {"seconds": common.timed(work)}


PEERS = {"scaler": peer_scaler, "sgd": peer_sgd, "svmlight": peer_svmlight, "csv": peer_csv}


# The rows.


def train(data, *more, jobs=2, **kw):
    return common.outcore(["train", "--data", data, *more, "-o", common.OUT / "model", "--overwrite", "--restart", "--jobs", jobs], **kw)


def best_batch(name, path, sizes):
    """The batch size the peer is fastest with; one try each."""
    tries = {b: common.peer(__file__, name, path, b)["seconds"] for b in sizes}
    return min(tries, key=tries.get), tries


def beside(row, what, nbytes, ours, peer_name, path, batches):
    """One row: ours, the peer at 1,000 rows a batch, and at its best."""
    best, tries = best_batch(peer_name, path, batches)
    sides = {"ours": ours, "peer at 1,000": lambda: common.peer(__file__, peer_name, path, 1000)}
    if best != 1000:
        sides[f"peer at {best:,}"] = lambda: common.peer(__file__, peer_name, path, best)
    results = common.turns(sides)
    rate = lambda s: f"{nbytes / s / 1e9:.2f} GB/s"
    lines, out = [what], {"bytes": nbytes, "tries": tries}
    passes = [sum(r["steps"].values()) for r in results["ours"]]
    whole = [r["elapsed"] for r in results["ours"]]
    for label, values in (("ours, passes", passes), ("ours, process", whole), *((n, [r["seconds"] for r in rs]) for n, rs in results.items() if n != "ours")):
        med, least = common.spread(values)
        lines.append(f"{label:<18} median {med:.3f} s ({rate(med)})   least {least:.3f} s ({rate(least)})")
        out[label] = {"median": med, "least": least, "runs": values}
    for name, rs in results.items():
        for step in rs[0].get("steps", {}):
            med, least = common.spread([r["steps"][step] for r in rs])
            lines.append(f"  {name}, {step}: median {med:.3f} s, least {least:.3f} s")
        cpu, peak = common.spread([r["user"] + r["system"] for r in rs]), max(r["peak"] for r in rs)
        lines.append(f"  {name}: CPU of the process median {cpu[0]:.2f} s, least {cpu[1]:.2f} s; peak {peak / MIB:.0f} MiB")
    for label in list(out):
        if label.startswith("peer"):
            ratio = out[label]["median"] / out["ours, process"]["median"]
            quick = out[label]["median"] / out["ours, passes"]["median"]
            out[label]["ratio"] = ratio
            lines.append(f"{label}: ours is {ratio:.1f} x as fast as a process, {quick:.1f} x in its passes")
    common.report(row, lines, out)


def scaler():
    [path] = arrays("f32", 1, ROWS_400MB)
    beside("scaler", "scaler pass over 400 MB of float32, uncompressed npz, 100 columns", ROWS_400MB * WIDTH * 4,
           lambda: train(path, "--pipeline", "scale"), "scaler", path, (1000, 4096, 10_000, 65_536, 262_144))


def sgd():
    [path] = arrays("f32", 1, ROWS_400MB)
    beside("sgd", "scaler pass, then scale + SGD pass, 400 MB of float32 (bytes of both passes)", 2 * ROWS_400MB * WIDTH * 4,
           lambda: train(path, "--pipeline", "scale | sgd-regressor", "--holdout", 0), "sgd", path, (1000, 4096, 10_000, 65_536))


def sparse():
    path = svmlight()
    beside("svmlight", "svmlight text, 50 of 2^20 hashed features a row, one pass of SGD", path.stat().st_size,
           lambda: train(path, "--pipeline", "sgd-classifier(loss=log_loss)", "--features", 1 << 20, "--holdout", 0, "--classes=-1,1"),
           "svmlight", path, (1000, 10_000))


def table():
    path = flights()
    beside("csv", "CSV of flights, 4 columns: scaler pass, then scale + SGD pass (bytes of text of both)", 2 * path.stat().st_size,
           lambda: train(path, "--use", ",".join(USED), "--target", "arr_delay", "--pipeline", "scale | sgd-regressor", "--holdout", 0),
           "csv", path, (1000, 10_000))


def capped():
    """1.1 GB of rows at 256 MiB, under a limit of the kernel of 1.1 x that."""
    data = arrays("f32x4", 4, 700_000)
    cap = 256 * MIB
    nbytes = 4 * 700_000 * WIDTH * 4
    lines, out = [f"{nbytes / 1e6:.0f} MB of float32 ({nbytes / cap:.1f} x the budget), --memory 256MiB, limit {cap * 11 // 10 / MIB:.0f} MiB"], {}
    for name, flags in (("scale", ["--pipeline", "scale"]), ("scale | sgd-regressor", ["--pipeline", "scale | sgd-regressor", "--holdout", 0])):
        runs = [train(data[0].parent, *flags, "--memory", "256MiB", limit=cap * 11 // 10) for _ in range(common.RUNS)]
        passes = 1 if name == "scale" else 2
        med, least = common.spread([sum(r["steps"].values()) for r in runs])
        peak = max(r["peak"] for r in runs)
        lines.append(f"{name:<22} median {passes * nbytes / med / 1e9:.2f} GB/s, best {passes * nbytes / least / 1e9:.2f} GB/s; peak {peak / MIB:.0f} MiB by {runs[0]['method']}, killed {any(r['oom_killed'] for r in runs)}")
        out[name] = {"median": med, "least": least, "peak": peak, "method": runs[0]["method"]}
    common.report("capped", lines, out)


ROWS = {"scaler": scaler, "sgd": sgd, "capped": capped, "svmlight-sgd": sparse, "csv-train": table}

if __name__ == "__main__" and not common.serve_peer(PEERS):
    common.build()
    for name in sys.argv[1:] or ROWS:
        ROWS[name]()
