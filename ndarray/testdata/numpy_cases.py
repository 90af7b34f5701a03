"""Cases of slicing, broadcasting, promotion and reductions, with what NumPy says.

    python numpy_cases.py SEED COUNT > cases.jsonl

One JSON object a line: op, args (dtype, shape, base64 data, or a Python
number), parameters, and want (an array) or error (the exception's name). "tol"
is the error allowed for floats: "exact" (the same bits, NaN is NaN), a number of
units in the last place, or an array of absolute errors (n·eps of the exact sum).
The committed file was made by NumPy 2.4.6.
"""
import base64
import json
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
np.seterr(all="ignore")

INTS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float32", "float64"]
TYPES = ["bool"] + INTS + FLOATS


def enc(a):
    a = np.asarray(a)
    return {"dtype": a.dtype.name, "shape": list(a.shape), "data": base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()}


class Gen:
    def __init__(self, seed):
        self.r = np.random.default_rng(seed)

    def pick(self, xs):
        return xs[int(self.r.integers(len(xs)))]

    def shape(self, dims=None, most=7):
        dims = int(self.r.integers(0, 5)) if dims is None else dims
        return tuple(int(self.r.integers(1, most)) if self.r.random() > 0.04 else 0 for _ in range(dims))

    def array(self, dtype, shape, special=0.15, small=False):
        r, t = self.r, np.dtype(dtype)
        if t.kind == "b":
            return r.random(shape) < 0.5
        if t.kind in "iu":
            lo, hi = np.iinfo(t).min, np.iinfo(t).max
            if small or r.random() < 0.5:
                lo, hi = max(lo, -9), min(hi, 9)
            a = np.asarray(r.integers(lo, hi, size=shape, endpoint=True, dtype=t))
            if a.size and r.random() < 0.2 and not small:
                a.flat[int(r.integers(a.size))] = np.iinfo(t).min
            return a
        a = np.asarray(r.normal(size=shape) * 10.0 ** float(r.integers(-2, 4))).astype(t)
        if r.random() < 0.3:
            a = np.round(a * 2) / 2
            a = a.astype(t)
        if special and a.size and r.random() < special * 2:
            for _ in range(int(r.integers(1, 4))):
                a.flat[int(r.integers(a.size))] = self.pick([np.nan, np.inf, -np.inf, 0.0, -0.0])
        return a

    def two_shapes(self):
        s = self.shape()
        a, b = list(s), list(s)
        for k in range(len(s)):
            x = self.r.random()
            if x < 0.2:
                a[k] = 1
            elif x < 0.4:
                b[k] = 1
        if self.r.random() < 0.3:
            b = b[int(self.r.integers(0, len(b) + 1)):]
        elif self.r.random() < 0.2:
            a = a[int(self.r.integers(0, len(a) + 1)):]
        if self.r.random() < 0.06 and b:
            b[int(self.r.integers(len(b)))] += 1
        return tuple(a), tuple(b)

    def number(self):
        x = self.r.random()
        if x < 0.15:
            return bool(self.r.random() < 0.5)
        if x < 0.6:
            return int(self.pick([0, 1, 2, 3, -1, -2, 7, 100, 127, 128, 255, 256, 300, -128, -129, 40000, 70000, 2**31, 2**40, 2**63 - 1, 2**63, 2**64 - 1, -2**63]))
        return float(self.pick([0.0, 0.5, 1.0, 2.0, -1.5, 1e-3, 3.25, 1e10, -0.0]))

    def index_text(self, shape):
        parts, dims = [], len(shape)
        n = int(self.r.integers(0, dims + 1))
        rest = self.r.random() < 0.4
        at = int(self.r.integers(0, n + 1))
        for i in range(n):
            if rest and i == at:
                parts.append("...")
            x = self.r.random()
            m = shape[i]
            def end():
                return "" if self.r.random() < 0.3 else str(int(self.r.integers(-m - 3, m + 4)))
            if x < 0.25 and m:
                parts.append(str(int(self.r.integers(-m, m))))
            elif x < 0.28:
                parts.append(str(m + int(self.r.integers(0, 2))))
            elif x < 0.35:
                parts.append(":")
            elif x < 0.65:
                parts.append(end() + ":" + end())
            else:
                parts.append(end() + ":" + end() + ":" + str(int(self.pick([-4, -3, -2, -1, 1, 2, 3, 5]))))
            if self.r.random() < 0.12:
                parts.append("None")
        if rest and at >= n:
            parts.append("...")
        return ",".join(parts)


def take(a, text):
    """NumPy's own parser: a[text]."""
    return a[eval("np.s_[" + text + "]")] if text else a


BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.true_divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "minimum": np.minimum, "maximum": np.maximum,
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor,
    "bitand": np.bitwise_and, "bitor": np.bitwise_or, "bitxor": np.bitwise_xor,
}
UNARY = {
    "neg": np.negative, "abs": np.abs, "sign": np.sign, "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "log2": np.log2,
    "log10": np.log10, "log1p": np.log1p, "expm1": np.expm1, "sin": np.sin, "cos": np.cos, "tan": np.tan, "tanh": np.tanh,
    "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "round": np.round, "isnan": np.isnan, "isinf": np.isinf,
    "isfinite": np.isfinite, "not": np.logical_not, "invert": np.invert,
}
INEXACT = {"exp", "log", "log2", "log10", "log1p", "expm1", "sin", "cos", "tan", "tanh", "pow"}


def run(case, f):
    try:
        case["want"] = enc(f())
    except Exception as e:  # noqa: BLE001 - the name is the expectation
        case["error"] = type(e).__name__
    return case


def slice_case(g):
    a = g.array(g.pick(TYPES), g.shape())
    text = g.index_text(a.shape)
    return run({"op": "slice", "args": [enc(a)], "select": text, "tol": "exact"}, lambda: take(a, text))


def slice_twice_case(g):
    a = g.array(g.pick(TYPES), g.shape(dims=int(g.r.integers(1, 4))))
    one = g.index_text(a.shape)
    try:
        two = g.index_text(np.shape(take(a, one)))
    except Exception:  # noqa: BLE001
        two = ""
    return run({"op": "slice2", "args": [enc(a)], "select": one, "select2": two, "tol": "exact"}, lambda: take(take(a, one), two))


def assign_case(g):
    a = g.array(g.pick(TYPES), g.shape(dims=int(g.r.integers(1, 4))))
    text = g.index_text(a.shape)
    v = g.array(a.dtype.name, (), special=0)

    def f():
        b = a.copy()
        part = take(b, text)
        value = v
        if part.ndim and g.r.random() < 0.7:
            value = g.array(a.dtype.name, part.shape[int(g.r.integers(0, part.ndim)):])
        case["args"].append(enc(value))
        b[eval("np.s_[" + text + "]") if text else ...] = value
        return b

    case = {"op": "assign", "args": [enc(a)], "select": text, "tol": "exact"}
    run(case, f)
    if len(case["args"]) == 1:
        case["args"].append(enc(v))
    return case


def binary_case(g):
    name = g.pick(list(BINARY))
    s, t = g.two_shapes()
    small = name == "pow"
    a, b = g.array(g.pick(TYPES), s, small=small), g.array(g.pick(TYPES), t, small=small)
    if name == "pow" and b.dtype.kind == "i" and g.r.random() < 0.8:
        b = np.abs(b)
    case = {"op": name, "args": [enc(a), enc(b)], "tol": 8 if name in INEXACT else "exact"}
    return run(case, lambda: BINARY[name](a, b))


def scalar_case(g):
    name = g.pick(list(BINARY))
    a, x = g.array(g.pick(TYPES), g.shape(), small=name == "pow"), g.number()
    if name == "pow":
        x = g.pick([0, 1, 2, 3, -1, 0.5, 2.0, 1.5, True])
    case = {"op": name, "args": [enc(a)], "tol": 8 if name in INEXACT else "exact"}
    num = {"number": repr(x)}
    if g.r.random() < 0.5:
        case["args"].append(num)
        return run(case, lambda: BINARY[name](a, x))
    case["args"].insert(0, num)
    return run(case, lambda: BINARY[name](x, a))


def unary_case(g):
    name = g.pick(list(UNARY))
    a = g.array(g.pick(TYPES), g.shape())
    if name in ("sin", "cos", "tan"):
        a = np.clip(a, -100, 100) if a.dtype.kind != "b" else a
    return run({"op": name, "args": [enc(a)], "tol": 4 if name in INEXACT else "exact"}, lambda: UNARY[name](a))


def where_case(g):
    s, t = g.two_shapes()
    c = g.array(g.pick(["bool", "int32", "float64"]), g.pick([s, t, ()]))
    a, b = g.array(g.pick(TYPES), s), g.array(g.pick(TYPES), t)
    if g.r.random() < 0.3:
        x = g.number()
        return run({"op": "where", "args": [enc(c), enc(a), {"number": repr(x)}], "tol": "exact"}, lambda: np.where(c, a, x))
    return run({"op": "where", "args": [enc(c), enc(a), enc(b)], "tol": "exact"}, lambda: np.where(c, a, b))


def cast_case(g):
    a, t = g.array(g.pick(TYPES), g.shape(), special=0), np.dtype(g.pick(TYPES))
    if a.dtype.kind == "f" and t.kind in "iu":  # the rest is not NumPy's to say
        a = np.clip(a, max(np.iinfo(t).min, -2**31), min(np.iinfo(t).max, 2**31)).astype(a.dtype)
    return run({"op": "cast", "args": [enc(a)], "dtype": t.name, "tol": "exact"}, lambda: a.astype(t))


def axes_of(g, a):
    if g.r.random() < 0.25:
        return None
    n = int(g.r.integers(0, a.ndim + 1))
    axes = [int(x) for x in g.r.permutation(a.ndim)[:n]]
    return [x - a.ndim if g.r.random() < 0.3 else x for x in axes] or None


def reduce_case(g):
    name = g.pick(["sum", "prod", "mean", "var", "std", "min", "max", "argmin", "argmax", "any", "all", "count",
                   "nansum", "nanmean", "nanvar", "nanstd", "nanmin", "nanmax"])
    a = g.array(g.pick(TYPES), g.shape(most=9), special=0.5 if name.startswith("nan") else 0.15)
    if g.r.random() < 0.1 and a.dtype.kind == "f":  # a mean far from 0
        a = (a + a.dtype.type(1e4)).astype(a.dtype)
    axes = axes_of(g, a)
    if name.startswith("arg") and axes is not None:
        axes = axes[:1]
    keep = bool(g.r.random() < 0.4)
    ddof = int(g.pick([0, 0, 1, 2]))
    case = {"op": "reduce", "name": name, "args": [enc(a)], "axes": axes, "keepdims": keep, "ddof": ddof, "tol": "exact"}
    np_axes = None if axes is None else tuple(axes)

    def f():
        if name == "count":
            return np.asarray(np.count_nonzero(a, axis=np_axes, keepdims=keep))
        if name.startswith("arg"):
            return getattr(np, name)(a, axis=None if axes is None else axes[0], keepdims=keep)
        if name in ("var", "std", "nanvar", "nanstd"):
            return getattr(np, name)(a, axis=np_axes, keepdims=keep, ddof=ddof)
        return getattr(np, name)(a, axis=np_axes, keepdims=keep)

    run(case, f)
    if "want" in case and name in ("sum", "prod", "mean", "var", "std", "nansum", "nanmean", "nanvar", "nanstd"):
        got = np.asarray(f())
        if got.dtype.kind == "f":  # the exact value, and n·eps of what was added
            x = a.astype(np.float64 if a.dtype.kind != "f" else a.dtype).astype(np.longdouble)
            skip = name.startswith("nan") and a.dtype.kind == "f"
            fn = (lambda n, *p, **k: getattr(np, n)(x, axis=np_axes, keepdims=keep, *p, **k))
            base = name.removeprefix("nan")
            exact = np.asarray(fn(name if skip else base, ddof=ddof) if base in ("var", "std") else fn(name if skip else base))
            n = max(1, a.size // max(1, got.size))
            eps = float(np.finfo(np.float64).eps)
            size = np.abs(np.nan_to_num(x)) if skip else np.abs(x)
            if base == "sum":
                allow = size.sum(axis=np_axes, keepdims=keep) * n * eps
            elif base == "mean":
                allow = size.sum(axis=np_axes, keepdims=keep) * eps
            elif base == "prod":
                allow = np.abs(exact) * n * eps
            else:  # conditioned by the mean over the deviation, as any method is
                m2 = np.abs(exact) * (n if base == "var" else 1)
                big = (size.max(axis=np_axes, keepdims=keep) if a.size else np.asarray(0.0))
                allow = m2 * n * eps * 4 + (big * big * n * eps * eps * 4 if base == "var" else big * n * eps * 4)
            last = np.spacing(np.abs(exact).astype(got.dtype)).astype(np.float64)
            case["want"] = enc(exact.astype(got.dtype))
            case["tol"] = enc(np.broadcast_to(np.nan_to_num(allow.astype(np.float64)) + np.nan_to_num(last) * (2 if base == "std" else 1), got.shape))
    return case


def quantile_case(g):
    a = g.array(g.pick(INTS + FLOATS), g.shape(most=9), special=0.1)
    if a.dtype.kind == "f":  # where one of two neighbours is infinite, NumPy's answer is NaN
        a = np.where(np.isinf(a), a.dtype.type(0), a)
    q = [float(x) for x in g.pick([[0.5], [0.0, 1.0], [0.25, 0.5, 0.75], [0.1, 0.333, 0.9]])]
    axes = axes_of(g, a)
    case = {"op": "quantile", "args": [enc(a)], "axes": axes, "q": q, "tol": 4}
    return run(case, lambda: np.quantile(a.astype(np.float64), q, axis=None if axes is None else tuple(axes)))


def matmul_case(g):
    n, k, m = (int(x) for x in g.r.integers(0, 20, 3))
    a, b = g.array(g.pick(TYPES), (n, k), special=0), g.array(g.pick(TYPES), (k, m), special=0)
    case = run({"op": "matmul", "args": [enc(a), enc(b)], "tol": "exact"}, lambda: a @ b)
    got = a @ b
    if got.dtype.kind == "f":
        x, y = a.astype(got.dtype).astype(np.longdouble), b.astype(got.dtype).astype(np.longdouble)
        exact = x @ y
        allow = (np.abs(x) @ np.abs(y)).astype(np.float64) * max(k, 1) * np.finfo(np.float64).eps
        case["want"] = enc(exact.astype(got.dtype))
        case["tol"] = enc(allow + np.spacing(np.abs(exact).astype(got.dtype)).astype(np.float64))
    return case


def transpose_case(g):
    a = g.array(g.pick(TYPES), g.shape())
    axes = [int(x) for x in g.r.permutation(a.ndim)]
    return run({"op": "transpose", "args": [enc(a)], "axes": axes, "tol": "exact"}, lambda: np.transpose(a, axes))


def chain_case(g):
    """(a - mean(a, axis)) * 2 where a > 0, else b: several operations at once."""
    s, t = g.two_shapes()
    a, b = g.array("float64", s, special=0), g.array("float64", t, special=0)
    return run({"op": "chain", "args": [enc(a), enc(b)], "tol": 4}, lambda: np.where(a > 0, (a + b) * 2 - 1, np.abs(b)))


KINDS = [(slice_case, 6), (slice_twice_case, 3), (assign_case, 4), (binary_case, 8), (scalar_case, 6), (unary_case, 4),
         (where_case, 2), (cast_case, 3), (reduce_case, 12), (quantile_case, 2), (matmul_case, 1), (transpose_case, 1), (chain_case, 1)]


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    weights = np.array([w for _, w in KINDS], float)
    weights /= weights.sum()
    for i in range(count):
        g = Gen([seed, i])
        kind = KINDS[int(g.r.choice(len(KINDS), p=weights))][0]
        print(json.dumps(kind(g), separators=(",", ":")))


if __name__ == "__main__":
    main()
