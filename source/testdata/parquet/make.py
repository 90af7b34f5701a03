"""Makes the golden Parquet files of package source: pyarrow 26.0.1.

Run it in this folder: python make.py
"""
import datetime as dt
import decimal
import pyarrow as pa
import pyarrow.parquet as pq

n = 50
i = list(range(n))


def some(v):
    return [None if k % 7 == 3 else v(k) for k in i]


t0 = dt.datetime(1969, 12, 31, 23, 59, 59, 999999)
table = pa.table({
    "i8": pa.array(some(lambda k: k - 20), pa.int8()),
    "i64": pa.array(some(lambda k: k * 10**12), pa.int64()),
    "u32": pa.array(some(lambda k: k * 80_000_000), pa.uint32()),
    "f32": pa.array(some(lambda k: k / 4), pa.float32()),
    "f64": pa.array(some(lambda k: k / 3), pa.float64()),
    "flag": pa.array(some(lambda k: k % 2 == 0), pa.bool_()),
    "text": pa.array(some(lambda k: "é" * (k % 3) + str(k)), pa.string()),
    "large": pa.array(some(lambda k: "L" + str(k)), pa.large_string()),
    "bytes": pa.array(some(lambda k: b"b" + str(k).encode()), pa.binary()),
    "dict": pa.array(some(lambda k: "c" + str(k % 4)), pa.string()).dictionary_encode(),
    "ns": pa.array(some(lambda k: -1500 + k * 1000), pa.timestamp("ns")),
    "ms": pa.array(some(lambda k: -k * 1001), pa.timestamp("ms", "Europe/Paris")),
    "s": pa.array(some(lambda k: k * 86400), pa.timestamp("s", "UTC")),
    "day": pa.array(some(lambda k: k - 10), pa.date32()),
})
pq.write_table(table, "types.parquet", row_group_size=20)
odd = table.select(["i8", "text"]).append_column("price", pa.array([decimal.Decimal("1.50")] * n)).append_column("list", pa.array([[1, 2]] * n))
pq.write_table(odd, "odd.parquet")
