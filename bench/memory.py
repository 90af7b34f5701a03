"""Memory: what a verb says it needs, and what it takes.

The prediction is what the verb itself says: with --dry-run, or when it is
given 1 MiB (exit 3 with need_bytes), or in its result. The peak is VmHWM of the whole process, under a limit of the kernel
of 1.1 x --memory where that is given. Every verb runs with the least memory it
asks for too.
"""

import bz2
import gzip
import shutil
import sys

import common
from common import DATA, MIB

JOBS = (1, 2, 4)
CAPS = (128, 256, 1024)  # MiB; LEAST comes before
LEAST = 0

# What chunk makes files of.
LAYOUTS = {
    "npz wide": "npz", "npz narrow": "npz", "svmlight": "npz-csr", "array": "npz", "table": "parquet",
    "csv": "parquet", "csv.bz2": "parquet", "csv.gz": "parquet", "parquet": "parquet", "words": "parquet",
}


def text(name, header, rows):
    """A file of some 60 MB of text, from a function of the row's number; made once."""
    path = DATA / name
    if not path.exists():
        with open(path, "w") as f:
            f.write(header)
            i = 0
            while f.tell() < 60 * MIB:
                f.write("".join(rows(k) for k in range(i, i + 1000)))
                i += 1000
    return path


def packed(path, suffix, pack):
    out = path.with_name(path.name + suffix)
    if not out.exists():
        out.write_bytes(pack(path.read_bytes()))
    return out


def npz(name, rows, width, **how):
    import numpy as np

    path = DATA / name / "part00000_data.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(3)
        x = rng.standard_normal((rows, width), dtype=np.float32)
        np.savez(path, x)
        np.savez(path.with_name("part00000_labels.npz"), x[:, 0] * 2 + 1)
    return path


def node(data, name):
    """The same in a repository; made once."""
    lab = DATA / "memory-lab"
    if not (lab / "repo").exists():
        common.outcore(["repo", "create", lab])
    address = f"{lab}#/{name}"
    common.outcore(["chunk", data, address])  # says so where it is there already
    return address


def parquet(csv):
    path = DATA / "memory.parquet"
    if not path.exists():
        import pyarrow.csv
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.csv.read_csv(csv), path, row_group_size=122_880)
    return path


def inputs():
    """{name: (path, flags of reading, pipeline, flags of training)}"""
    import random

    rnd = random.Random(4)
    words = ("ewr", "jfk", "lga")

    def row(k):
        a, b, c = rnd.gauss(0, 1), rnd.gauss(1000, 300), rnd.randrange(24)
        return f"{a:.5f},{b:.2f},{c},{words[k % 3]},{rnd.random():.4f},{2 * a + b / 100:.4f}\n"

    def sparse(k):
        idx = sorted({int(1 + (1 << 16) * rnd.random() ** 3) for _ in range(40)})
        return f"{k % 2 * 2 - 1} " + " ".join(f"{i}:{rnd.random():.3f}" for i in idx) + "\n"

    def word(k):
        return f"{rnd.random():.4f},street {int(60_000 * rnd.random() ** 2)},town {rnd.randrange(200)},{rnd.random():.4f}\n"

    csv = text("memory.csv", "a,b,c,place,d,y\n", row)
    vocabulary = text("words.csv", "a,street,town,y\n", word)
    svm = text("memory.svm", "", sparse)
    table = "scale | one-hot | sgd-regressor"
    y = ["--target", "y"]
    wide = npz("wide", 50_000, 784)
    return {
        "npz wide": (wide, [], "scale | sgd-regressor", []),
        "npz narrow": (npz("narrow", 8_000_000, 4), [], "scale | sgd-regressor", []),
        "csv": (csv, [], table, y),
        "csv.bz2": (packed(csv, ".bz2", bz2.compress), [], table, y),
        "csv.gz": (packed(csv, ".gz", gzip.compress), [], table, y),
        "svmlight": (svm, ["--features", "65536"], "sgd-classifier(loss=log_loss)", ["--classes=-1,1"]),
        "parquet": (parquet(csv), [], table, y),
        "array": (node(wide, "wide"), [], "scale | sgd-regressor", []),
        "table": (node(csv, "csv"), [], table, y),
        "words": (vocabulary, [], "scale | one-hot | sgd-regressor(eta0=0.001)", y),
    }


def verbs(name):
    """{verb: arguments} on one input; train comes first, the others use its model."""
    path, reading, pipeline, learning = inputs()[name]
    model, out = common.OUT / "memory-model", common.OUT / "memory-out"
    data = ["--data", path, *reading]
    fresh = ["--overwrite", "--restart"]
    all_verbs = {
        "train": ["train", *data, *learning, "--pipeline", pipeline, "-o", model, *fresh],
        "score": ["score", *data, "--model", model],
        "predict": ["predict", *data, "--model", model, "-o", common.OUT / "memory-predictions.csv"],
        "transform": ["transform", *data, "--model", model, out, "--rows", "50000", "--compress", "none", "--restart"],
    }
    if name in ("svmlight", "words"):
        all_verbs["transform"] += ["--layout", "npz-csr"]
    all_verbs["chunk"] = ["chunk", path, *reading, out, "--layout", LAYOUTS[name], "--restart"]
    all_verbs["chunk to node"] = ["chunk", path, *reading, f"{common.OUT / 'memory-repo'}#/x", "--restart"]
    return all_verbs


def measure(args, jobs, cap):
    """(predicted, peak, peak beside files) in bytes; the last two None when the verb is refused.

    A cap of LEAST is what the verb asks for when it is given hardly any.
    """
    shutil.rmtree(common.OUT / "memory-out", ignore_errors=True)
    shutil.rmtree(common.OUT / "memory-repo", ignore_errors=True)
    common.outcore(["repo", "create", common.OUT / "memory-repo"])
    args = [*args, "--jobs", jobs]
    asked = common.outcore([*args, "--memory", "1MiB"], ok=False)
    need = asked["status"].get("need_bytes")  # with one job: a verb takes fewer where memory is short
    if need is None:
        sys.exit(f"{args}: {asked['status'].get('error')}")
    if cap == LEAST:
        cap = -(-need // MIB)
    if need > cap * MIB:
        return need, None, None
    if args[0] == "train":
        need = common.outcore([*args, "--memory", f"{cap}MiB", "--dry-run"])["status"]["result"]["need_bytes"]
    r = common.outcore([*args, "--memory", f"{cap}MiB"], limit=cap * MIB * 11 // 10)
    # transform says what it took for the jobs it had.
    return r["status"]["result"].get("need_bytes", need), r["peak"], r["anon"]


def memory(only=""):
    lines, results, worst = [], [], 0
    common.warm(*(i[0] for i in inputs().values() if isinstance(i[0], common.Path)))
    for name in inputs():
        for verb, args in verbs(name).items():
            if only and verb != only:
                continue
            for jobs in (1,) if verb in ("score", "predict") else JOBS:
                cells = []
                caps = CAPS if verb == "train" else (128, 1024)
                for cap in caps if jobs > 1 else (LEAST, *caps):
                    need, peak, anon = measure(args, jobs, cap)
                    if peak is None:
                        cells.append(f"{cap}: refused")
                        continue
                    cells.append(f"{cap or 'least'}: {peak / MIB:.0f} ({peak / need:.2f})")
                    results.append({"input": name, "verb": verb, "jobs": jobs, "cap": cap, "need": need, "peak": peak, "anon": anon})
                    worst = max(worst, abs(need / peak - 1))
                lines.append(f"{name:<11} {verb:<13} jobs {jobs}  needs {need / MIB:4.0f} MiB at most; peak (of the need) at a cap of  " + "  ".join(cells))
                print(lines[-1], flush=True)
    near = sum(abs(r["need"] / r["peak"] - 1) <= 0.15 for r in results)
    common.report("memory", [f"{near} of {len(results)} within 15 %, the farthest {worst:.0%} off"], results)


ROWS = {"memory": memory}

if __name__ == "__main__":
    common.build()
    memory(*sys.argv[1:])
