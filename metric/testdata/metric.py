"""Answers scikit-learn's scores for the cases on standard input.

Request: {"cases": [{metric, classes, y, p, w}]}
Answer:  {"sklearn": version, "results": [hex]}
"""
import base64
import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, mean_squared_error, r2_score

warnings.filterwarnings("ignore")


def array(text):
    return np.frombuffer(base64.b64decode(text), dtype="<f8")


def score(c):
    y, p = array(c["y"]), array(c["p"])
    w = array(c["w"]) if c.get("w") else None
    if c["metric"] == "log_loss":
        k = c["classes"]
        return log_loss(y, y_proba=p.reshape(len(y), k), sample_weight=w, labels=list(range(k)))
    f = {"mse": mean_squared_error, "mae": mean_absolute_error, "r2": r2_score, "accuracy": accuracy_score}[c["metric"]]
    return f(y, p, sample_weight=w)


results = [float(score(c)).hex() for c in json.load(sys.stdin)["cases"]]
json.dump({"sklearn": sklearn.__version__, "results": results}, sys.stdout)
