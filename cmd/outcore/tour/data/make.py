"""Makes flights.csv.gz, the data the tour ships, from the Parquet sample of
nycflights13 (see README.md beside this file).

    python make.py nycflights13-flights-sample100k.parquet flights.csv.gz

Needs pandas and pyarrow. The rows keep the sample's order; times are whole
numbers and missing values are empty.
"""

import gzip
import sys

import pandas as pd

COLUMNS = [
    "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time",
    "sched_arr_time", "arr_delay", "air_time", "distance", "hour", "minute",
    "carrier", "origin", "dest",
]

frame = pd.read_parquet(sys.argv[1])[COLUMNS]
for name in frame.columns:
    if frame[name].dtype.kind == "f":
        frame[name] = frame[name].astype("Int64")
text = frame.to_csv(index=False, lineterminator="\n")
with open(sys.argv[2], "wb") as out, gzip.GzipFile(
    fileobj=out, mode="wb", compresslevel=9, mtime=0, filename=""
) as z:
    z.write(text.encode())
