"""Arrays in shards, as zarr-python writes them into an Icechunk repository.

make DIR   writes DIR/repo with /u and /v, and prints a line of JSON for each
           selection: the array, the selection, the bytes of its elements.
check DIR  reads /u again, where a part was set to -7, and fails if it differs.
Versions when it was written: zarr 3.4.2, icechunk 2.3.0, numpy 2.4.
"""

import base64
import json
import sys

import icechunk
import numpy as np
import zarr

U = np.arange(1500 * 2100).reshape(1500, 2100) * 2654435761 % 1000003
V = (np.arange(24 * 350 * 300) % 8191).reshape(24, 350, 300) / 7


def storage(where):
    return icechunk.local_filesystem_storage(where + "/repo")


def make(where):
    u = U.astype(np.int32)
    s = icechunk.Repository.create(storage(where)).writable_session("main")
    x = zarr.create_array(s.store, name="u", shape=u.shape, dtype=u.dtype, chunks=(64, 128), shards=(1280, 1152), fill_value=5)
    u[1300:, 700:1900] = 5  # inner chunks that are not stored
    x[:] = u
    y = zarr.create_array(s.store, name="v", shape=V.shape, dtype=V.dtype, chunks=(4, 25, 100), shards=(16, 350, 300), compressors=None,
                          serializer=zarr.codecs.BytesCodec(endian="big"))
    y[:] = V
    s.commit("made")
    for name, a, selections in (
        ("u", u, ("0:3,:", ":,1150:1155", "1270:1330,600:800", "::97,::-101", "5,:", "...", "1499:1500,2099:2100")),
        ("v", V, ("0:3,0:4,0:5", "15:17,:,150", "::5,::50,::-7", ":,349,299", "3:21,100:200,50:250")),
    ):
        for text in selections:
            part = eval(f"a[{text}]", {"a": a})
            print(json.dumps({"path": "/" + name, "select": text, "shape": part.shape, "data": base64.b64encode(np.ascontiguousarray(part).tobytes()).decode() if part.size < 100_000 else "", "sum": int(part.sum()) if name == "u" else 0}))


def check(where):
    u = U.astype(np.int32)
    u[1300:, 700:1900] = 5
    u[1200:1400:3, 1000:1300] = -7
    got = zarr.open_array(icechunk.Repository.open(storage(where)).readonly_session("main").store, path="u", mode="r")[:]
    assert np.array_equal(got, u), np.argwhere(got != u)[:5]


{"make": make, "check": check}[sys.argv[1]](sys.argv[2])
