"""Answers what scikit-learn's SGD models give for the cases on standard input.

Request: {"cases": [{model, params, classes, fit, batches: [{x, y, w, n, indptr, indices}]}], "d": columns}
With fit, one call of fit over all rows and one epoch, else one of partial_fit a batch.
Answer:  {"sklearn": version, "results": [[hex of coef_ then intercept_], ...]}
"""
import base64
import json
import sys
import warnings

import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.linear_model import SGDClassifier, SGDRegressor

warnings.filterwarnings("ignore")
sklearn.set_config(skip_parameter_validation=True)


def array(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype=dtype).copy()


def run(case, d):
    params = dict(case["params"])
    if params["penalty"] == "none":
        params["penalty"] = None
    model = {"sgd-classifier": SGDClassifier, "sgd-regressor": SGDRegressor}[case["model"]](max_iter=1, tol=None, **params)
    xs, ys, ws = [], [], []
    for b in case["batches"]:
        x = array(b["x"], "<f8")
        if b.get("indptr"):
            x = sp.csr_matrix((x, array(b["indices"], "<i4"), array(b["indptr"], "<i8").astype(np.int32)), shape=(b["n"], d))
        else:
            x = x.reshape(b["n"], d)
        y = array(b["y"], "<f8")
        w = array(b["w"], "<f8") if b.get("w") else None
        if case["fit"]:
            xs.append(x)
            ys.append(y)
            ws.append(np.ones(len(y)) if w is None else w)
        elif case["model"] == "sgd-classifier":
            model.partial_fit(x, y, classes=np.arange(case["classes"], dtype=float), sample_weight=w)
        else:
            model.partial_fit(x, y, sample_weight=w)
    if case["fit"]:
        x = sp.vstack(xs).tocsr() if sp.issparse(xs[0]) else np.concatenate(xs)
        model.fit(x, np.concatenate(ys), sample_weight=np.concatenate(ws))
    return [float(v).hex() for v in np.concatenate([model.coef_.ravel(), model.intercept_.ravel()])]


request = json.load(sys.stdin)
results = [run(c, request["d"]) for c in request["cases"]]
json.dump({"sklearn": sklearn.__version__, "results": results}, sys.stdout)
