"""Makes zarr-python.tar.gz: arrays as zarr-python writes them, and what it reads.

Made with zarr 3.4.2, numcodecs 0.17.1, numpy 2.5.5 on Python 3.13. Every folder
of the archive is an array: zarr.json, its chunks by key, and expected.bin (all
elements, little-endian, in C order) or expected.json (of text; of bytes in
hexadecimal). Remake with: python golden.py; the times inside are fixed.

Given a folder, it reads the arrays there instead and compares them with their
expected files: python golden.py FOLDER.
"""

import gzip
import io
import json
import os
import sys
import tarfile
import tempfile
import warnings

import numpy as np
import zarr
from zarr.codecs import (BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec,
                         TransposeCodec, VLenBytesCodec, VLenUTF8Codec, ZstdCodec)
from zarr.core.dtype import VariableLengthBytes

warnings.simplefilter("ignore")

TYPES = ["bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16",
         "M8[ns]", "M8[10D]", "m8[s]", "U5", "S4", "V3"]


def values(dtype, shape):
    """Numbers that need all bytes, from a formula and not a generator."""
    n = int(np.prod(shape))
    dt = np.dtype(dtype)
    if dt.kind == "b":
        return (np.arange(n) % 3 == 0).reshape(shape)
    if dt.kind == "U":
        return np.array(["aé%d" % i if i % 4 else "" for i in range(n)], dt).reshape(shape)
    if dt.kind == "S":
        return np.array([b"b%d" % i for i in range(n)], dt).reshape(shape)
    if dt.kind == "V":
        return np.frombuffer(bytes((7 * i) % 256 for i in range(n * dt.itemsize)), dt).reshape(shape)
    if dt.kind in "fc":
        v = (np.arange(n) - n / 3) / 7
        if dt.kind == "c":
            v = v + 1j * v[::-1]
        return v.astype(dt).reshape(shape)
    words = (np.arange(1, n + 1, dtype="u8") * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - 8 * dt.itemsize)
    return words.astype("u%d" % dt.itemsize).view(dt).reshape(shape)


def little(a):
    a = np.ascontiguousarray(a)
    return a.astype(a.dtype.newbyteorder("<")).tobytes()


def expected(a):
    """The name and the bytes of what is expected of an array."""
    v = a[...]
    name = a.metadata.data_type.to_json(zarr_format=3)
    if name == "string":
        return "expected.json", json.dumps(np.asarray(v).ravel().tolist(), indent=0).encode()
    if name == "variable_length_bytes":
        return "expected.json", json.dumps([bytes(x).hex() for x in np.asarray(v).ravel()], indent=0).encode()
    return "expected.bin", little(np.asarray(v))


def build(root):
    g = zarr.open_group(root, mode="w", zarr_format=3)

    def make(name, data, chunks, codecs, fill=None, dtype=None, shape=None, part=None, **more):
        dtype = dtype if dtype is not None else data.dtype
        filters = [c for c in codecs if isinstance(c, TransposeCodec)]
        rest = codecs[len(filters):]
        a = g.create_array(name, shape=shape or data.shape, chunks=chunks, dtype=dtype, fill_value=fill,
                           filters=filters, serializer=rest[0], compressors=rest[1:], **more)
        if part is not None:
            a[part] = data
        elif data is not None:
            a[...] = data

    endless = ("bool", "i1", "u1", "S4", "V3")
    index = [BytesCodec(), Crc32cCodec()]
    for t in TYPES:
        b = BytesCodec(endian=None) if t in endless else BytesCodec()
        big = b if t in endless else BytesCodec(endian="big")
        d = values(t, (5, 7))
        n = t.replace("[", "_").replace("]", "")
        make(f"plain/{n}", d, (3, 4), [b])
        make(f"zstd/{n}", d, (3, 4), [b, ZstdCodec()])
        make(f"big-gzip/{n}", d, (3, 4), [big, GzipCodec(level=6)])
        make(f"transpose-crc/{n}", d, (3, 4), [TransposeCodec(order=(1, 0)), b, Crc32cCodec()])
        make(f"shard/{n}", d, (4, 6), [ShardingCodec(chunk_shape=(2, 3), codecs=[b, ZstdCodec(checksum=True)], index_codecs=index)])
        make(f"blosc/{n}", d, (5, 7), [b, BloscCodec(cname="lz4", shuffle="bitshuffle")])
    b = BytesCodec()
    d = values("f4", (6, 8, 4))
    make("chains/zstd-crc-gzip", d, (4, 4, 4), [b, ZstdCodec(level=19, checksum=True), Crc32cCodec(), GzipCodec()])
    make("chains/two-transposes", d, (4, 4, 3), [TransposeCodec(order=(2, 0, 1)), TransposeCodec(order=(1, 0, 2)), b])
    make("chains/shard-start", d, (6, 4, 4), [ShardingCodec(chunk_shape=(3, 4, 2), codecs=[b, GzipCodec()], index_codecs=index, index_location="start")])
    make("chains/shard-rows", d, (6, 8, 4), [ShardingCodec(chunk_shape=(1, 4, 4), codecs=[b], index_codecs=index)])
    make("chains/shard-big-index", d, (6, 4, 4), [ShardingCodec(chunk_shape=(3, 4, 2), codecs=[b], index_codecs=[BytesCodec(endian="big")])])
    make("chains/shard-zstd", d, (6, 4, 4), [ShardingCodec(chunk_shape=(3, 4, 2), codecs=[b], index_codecs=index), ZstdCodec()])
    make("chains/transpose-shard", d, (6, 4, 4), [TransposeCodec(order=(2, 0, 1)), ShardingCodec(chunk_shape=(2, 2, 4), codecs=[b, ZstdCodec()], index_codecs=index)])
    make("chains/nested-shard", d, (6, 8, 4), [ShardingCodec(chunk_shape=(3, 4, 4), index_codecs=index, codecs=[
        ShardingCodec(chunk_shape=(3, 2, 1), codecs=[TransposeCodec(order=(1, 2, 0)), b, ZstdCodec()], index_codecs=index)])])
    holes = np.zeros((6, 8, 4), "f4")
    holes[0, 1, 2] = 5
    make("chains/shard-holes", holes, (6, 8, 4), [ShardingCodec(chunk_shape=(3, 4, 2), codecs=[b], index_codecs=index)])
    make("chains/v2-keys", d, (4, 4, 4), [b], chunk_key_encoding={"name": "v2", "separator": "."})
    make("chains/dot-keys", d, (4, 4, 4), [b], chunk_key_encoding={"name": "default", "separator": "."})
    make("chains/scalar", np.array(2.5), (), [b, ZstdCodec()])
    make("chains/empty", np.zeros((0, 3), "i4"), (2, 2), [b])
    make("chains/named", d, (6, 8, 4), [b], dimension_names=["t", None, "ü"],
         attributes={"units": "m", "nested": {"z": [1, 2.5, None, True], "a": {}}, "big": 2**70, "small": 1e-300, "text": "ü\u2028<&>\"\\\n\x7f🧊"})
    make("chains/blosc-large", (np.arange(60000, dtype="i4") // 7).reshape(300, 200), (300, 200), [b, BloscCodec(cname="zstd", clevel=9, shuffle="shuffle")])

    texts = np.array(["", "a", "é🧊", "long " * 9] * 6, dtype=object).reshape(4, 6)
    make("text/plain", texts, (3, 4), [VLenUTF8Codec()], dtype=str, fill="")
    make("text/zstd", texts, (3, 4), [VLenUTF8Codec(), ZstdCodec()], dtype=str, fill="fill\u00e9")
    make("text/blosc", texts, (3, 4), [VLenUTF8Codec(), BloscCodec(typesize=1)], dtype=str, fill="")
    make("text/shard", texts, (4, 6), [ShardingCodec(chunk_shape=(2, 3), codecs=[VLenUTF8Codec(), ZstdCodec()], index_codecs=index)], dtype=str, fill="")
    make("text/hole", texts[:2, :2], (2, 2), [VLenUTF8Codec(), ZstdCodec()], dtype=str, fill="gap", shape=(4, 4), part=np.s_[:2, :2])
    blobs = np.array([b"", b"\x00\xff", b"abc"] * 4, dtype=object)
    make("text/bytes", blobs, (5,), [VLenBytesCodec(), GzipCodec()], dtype=VariableLengthBytes(), fill=b"\x01\x02")

    fills = {"bool": [True], "i1": [-128], "i8": [-2**63, 2**63 - 1], "u8": [2**64 - 1], "f2": [1.5, np.nan, 65504, 6e-8], "f4": [0.1, np.nan, np.inf, -np.inf, -0.0, 1e-30, 3e20],
             "f8": [0.1, np.nan, -np.inf, 1e16, 123456789012345680.0, 1e-5, 5e-324], "c8": [1 - 2j, complex(np.nan, np.inf)], "c16": [0.1 + 1e300j],
             "M8[ns]": ["NaT", "2020-01-01"], "m8[s]": [5], "U5": ["aé"], "S4": [b"ab"], "V3": [np.void(b"\x01\x02\x03")]}
    for t, list_ in fills.items():
        for i, fill in enumerate(list_):
            n = t.replace("[", "_").replace("]", "")
            if t[0] in "Mm":
                fill = np.array(fill, t)[()]
            make(f"fill/{n}-{i}", values(t, (2,)), (2,), [BytesCodec(endian=None) if t in endless else b], fill=fill, dtype=np.dtype(t), shape=(5,), part=np.s_[:2])


def folders(root):
    for d, _, files in sorted(os.walk(root)):
        if "zarr.json" in files and json.load(open(os.path.join(d, "zarr.json")))["node_type"] == "array":
            yield d, os.path.relpath(d, root)


def pack(root, to):
    out = tarfile.open(fileobj=gzip.GzipFile(to, "wb", 9, mtime=0), mode="w")

    def put(name, data):
        head = tarfile.TarInfo(name)
        head.size = len(data)
        out.addfile(head, io.BytesIO(data))

    for d, name in folders(root):
        for sub, _, files in sorted(os.walk(d)):
            for f in sorted(files):
                put(os.path.join(name, os.path.relpath(os.path.join(sub, f), d)), open(os.path.join(sub, f), "rb").read())
        put(name + "/" + expected(zarr.open_array(d, mode="r"))[0], expected(zarr.open_array(d, mode="r"))[1])
    out.close()
    out.fileobj.close()


def verify(root):
    n = 0
    for d, name in folders(root):
        file, want = expected(zarr.open_array(d, mode="r"))
        if open(os.path.join(d, file), "rb").read() != want:
            sys.exit(f"{name}: not what is expected")
        n += 1
    print(n, "arrays")


if len(sys.argv) > 1:
    verify(sys.argv[1])
else:
    with tempfile.TemporaryDirectory() as tmp:
        build(tmp)
        pack(tmp, "zarr-python.tar.gz")
