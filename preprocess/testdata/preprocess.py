"""Answers what scikit-learn's preprocessing gives for the cases on standard input.

Request: {"cases": [{"step": "scaler" | "sparse-scaler" | "one-hot" | "imputer", ...}]}
Answer:  {"sklearn": version, "results": [{"floats": [hex], "words": [str]}]}
"""
import base64
import json
import sys
import warnings

import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore")


def array(text, dtype="<f8"):
    return np.frombuffer(base64.b64decode(text), dtype=dtype).copy()


def hexes(*arrays):
    return [float(v).hex() for a in arrays for v in np.asarray(a, dtype=float).ravel()]


def scaler(c):
    x = array(c["x"]).reshape(c["n"], c["d"])
    s = StandardScaler()
    for i in range(0, c["n"], 4096):
        s.partial_fit(x[i : i + 4096])
    return {"floats": hexes(s.mean_, s.var_, s.scale_, s.transform(x[:3].copy()))}


def sparse_scaler(c):
    x = sp.csr_matrix((array(c["x"]), array(c["indices"], "<i4"), array(c["indptr"], "<i8").astype(np.int32)), shape=(c["n"], c["d"]))
    s = StandardScaler(with_mean=False)
    for i in range(0, c["n"], 4096):
        s.partial_fit(x[i : i + 4096])
    return {"floats": hexes(s.mean_, s.var_, s.scale_)}


def table(c):
    cols = []
    for col in c["columns"]:
        if "text" in col:
            cols.append(np.array(col["text"], dtype=object))
        else:
            cols.append(array(col["x"]).astype(object))
    return np.stack(cols, axis=1)


def one_hot(c):
    floats, words = [], []
    for col in c["columns"]:
        x = np.array(col["text"], dtype=object)[:, None] if "text" in col else array(col["x"])[:, None]
        e = OneHotEncoder(handle_unknown="ignore", sparse_output=False, max_categories=c["max"] or None, min_frequency=c["min"] or None)
        floats.append(e.fit_transform(x))
        words += [str(v) for v in e.get_feature_names_out(["c"])]
    return {"floats": hexes(np.concatenate(floats, axis=1)), "words": words}


def imputer(c):
    floats, words = [], []
    for col in c["columns"]:
        if "text" in col:
            x = np.array(col["text"], dtype=object)[:, None]
            m = SimpleImputer(missing_values=None, strategy="most_frequent").fit(x)
            words.append(m.statistics_[0])
        else:
            m = SimpleImputer(strategy=c["strategy"]).fit(array(col["x"])[:, None])
            floats += list(m.statistics_)
    return {"floats": hexes(floats), "words": words}


steps = {"scaler": scaler, "sparse-scaler": sparse_scaler, "one-hot": one_hot, "imputer": imputer}
results = [steps[c["step"]](c) for c in json.load(sys.stdin)["cases"]]
json.dump({"sklearn": sklearn.__version__, "results": results}, sys.stdout)
