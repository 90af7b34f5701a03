"""Makes numcodecs.tar.gz: chunks as c-blosc writes them, and what they hold.

Made with numcodecs 0.17.1 (c-blosc 1.21.7.dev) and numpy 2.5.5. NAME.blosc is a
chunk of DATA.bin, where NAME is DATA-cname-shuffle-typesize-clevel-blocksize.
Remake with: python golden.py; the times inside are fixed.

Given a folder, it decodes every NAME.blosc there and compares it with
DATA.bin: python golden.py FOLDER.
"""

import gzip
import io
import os
import sys
import tarfile

import numpy as np
from numcodecs import blosc


# Element size, level, block size of the chunks of each data.
SIZES = {
    "ramp": [(2, 5, 0), (3, 9, 0), (16, 9, 2048)],
    "wave": [(1, 5, 0), (4, 5, 0), (4, 9, 1024), (8, 1, 4096), (17, 9, 0)],
    "noise": [(8, 5, 0)],
    "runs": [(1, 5, 0), (2, 9, 3000)],
    "far": [(1, 9, 0)],
    "short": [(1, 5, 0), (4, 5, 0)],
}


def data():
    n = 1500
    i = np.arange(n)
    yield "ramp", (i // 3).astype("<u2").tobytes() + b"\x01\x02\x03"  # a rest that is no element
    yield "wave", (1000 * np.sin(i / 50)).astype("<i4").tobytes()
    yield "noise", ((i.astype("u8") * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(11)).astype("<u8").tobytes()[:2000]
    yield "runs", np.repeat(np.arange(40, dtype="u1"), 500).tobytes()
    far = bytes((7 * k * k + k) % 251 for k in range(400))
    yield "far", far + np.repeat(np.arange(100, dtype="<u2"), 90).tobytes() + far  # matches beyond 8 KiB
    yield "short", b"abcabcabc"


def pack():
    out = tarfile.open(fileobj=gzip.GzipFile("numcodecs.tar.gz", "wb", 9, mtime=0), mode="w")

    def put(name, b):
        head = tarfile.TarInfo(name)
        head.size = len(b)
        out.addfile(head, io.BytesIO(b))

    for name, raw in data():
        put(name + ".bin", raw)
        for cname in ["blosclz", "lz4", "lz4hc", "zlib", "zstd", "snappy"]:
            if cname not in blosc.list_compressors():
                continue  # the wheels have no snappy
            for shuffle in (0, 1, 2):
                for typesize, level, block in SIZES[name]:
                    a = np.frombuffer(raw[: len(raw) // typesize * typesize], "V%d" % typesize)
                    b = blosc.compress(a, cname.encode(), level, shuffle, block)
                    put(f"{name}-{cname}-{shuffle}-{typesize}-{level}-{block}.blosc", b)
    out.close()
    out.fileobj.close()


def verify(root):
    n = 0
    raws = dict(data())
    for f in sorted(os.listdir(root)):
        raw = raws[f.split("-")[0]]
        got = blosc.decompress(open(os.path.join(root, f), "rb").read())
        if bytes(got) != raw:
            sys.exit(f + ": not what is expected")
        n += 1
    print(n, "chunks")


if len(sys.argv) > 1:
    verify(sys.argv[1])
else:
    pack()
