"""Drives the official Icechunk library with zarr-python and xarray for the tests.

Speaks the protocol of actor.cjs: one JSON request a line from stdin, one answer
a line. It knows more: what zarr-python and xarray see.
"""

import asyncio
import base64
import datetime
import hashlib
import json
import re
import sys
import warnings

import icechunk
import numpy as np
import xarray
import zarr
from zarr.core.buffer import default_buffer_prototype

warnings.simplefilter("ignore")
repo = None
sessions = {}
PROTO = default_buffer_prototype()


def place(where):
    if "local" in where:
        return icechunk.local_filesystem_storage(where["local"])
    s3 = where["s3"]
    return icechunk.s3_storage(
        bucket=s3["bucket"],
        prefix=s3["prefix"],
        endpoint_url=s3["endpoint"],
        access_key_id=s3["user"],
        secret_access_key=s3["password"],
        region=s3["region"],
        allow_http=True,
        force_path_style=True,
    )


def settings(r):
    c = icechunk.RepositoryConfig.default()
    if r.get("inline") is not None:
        c.inline_chunk_threshold_bytes = r["inline"]
    if r.get("split"):
        c.manifest = icechunk.ManifestConfig(
            splitting=icechunk.ManifestSplittingConfig.from_dict(
                {icechunk.ManifestSplitCondition.AnyArray(): {icechunk.ManifestSplitDimCondition.Any(): r["split"]}}
            )
        )
    return c


def version(r):
    for kind, name in (("branch", "branch"), ("tag", "tag"), ("snapshot", "snapshot_id")):
        if kind in r:
            return {name: r[kind]}
    raise ValueError("no version")


def store(r):
    if "s" in r:
        return sessions[r["s"]].store
    return repo.readonly_session(**version(r)).store


def b64(b):
    return base64.b64encode(b).decode()


async def get(s, key):
    b = await s.get(key, PROTO)
    return None if b is None else b.to_bytes()


async def put(s, key, value):
    await s.set(key, PROTO.buffer.from_bytes(value))


async def dump(s):
    docs, chunks = {}, {}
    async for k in s.list():
        b = await get(s, k)
        if k == "zarr.json" or k.endswith("/zarr.json"):
            docs[k] = b64(b)
        else:
            chunks[k] = hashlib.sha256(b).hexdigest()
    return {"docs": docs, "chunks": chunks}


def sha(a):
    return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()


def values(r):
    """What zarr-python reads of every array: its shape, type and digest of values."""
    root = zarr.open_group(store(r), mode="r")
    out = {}
    for path, a in root.members(max_depth=None):
        if isinstance(a, zarr.Array):
            out["/" + path.strip("/")] = {"shape": list(a.shape), "dtype": str(a.dtype), "sha": sha(a[...])}
    return out


def dataset(r):
    """What xarray reads of a group: dimensions, and digests of the variables."""
    ds = xarray.open_zarr(store(r), group=r["group"], consolidated=False, chunks=None, decode_cf=False)
    return {
        "sizes": {str(k): int(v) for k, v in ds.sizes.items()},
        "vars": {str(k): {"dims": list(v.dims), "dtype": str(v.dtype), "sha": sha(v.values)} for k, v in ds.variables.items()},
        "attrs": {str(k): v for k, v in ds.attrs.items()},
    }


def to_zarr(r):
    """Writes counting numbers as a data set by xarray, or appends more of them."""
    s = store(r)
    n, m = r["n"], r["m"]
    data = np.arange(r["from"], r["from"] + n * m, dtype="float32").reshape(n, m)
    ds = xarray.Dataset({"v": (("time", "x"), data)}, coords={"x": np.arange(m)})
    if r.get("append"):
        ds.to_zarr(s, group=r["group"], mode="a", append_dim="time", consolidated=False)
    else:
        ds.to_zarr(s, group=r["group"], mode="w", consolidated=False, encoding={"v": {"chunks": (2, 3)}})


def assign(r):
    """Assigns a value to a part of an array by zarr-python."""
    a = zarr.open_array(store(r), path=r["path"].strip("/"), mode="r+")
    a[tuple(slice(*s) for s in r["slices"])] = r["value"]


def resize(r):
    zarr.open_array(store(r), path=r["path"].strip("/"), mode="r+").resize(tuple(r["shape"]))


def info(a):
    return {
        "id": a.id,
        "parent": a.parent_id or "",
        "message": a.message,
        "time": a.written_at.isoformat(timespec="microseconds"),
        "metadata": dict(a.metadata),
    }


def diff(d):
    return {
        "newGroups": list(d.new_groups),
        "newArrays": list(d.new_arrays),
        "deletedGroups": list(d.deleted_groups),
        "deletedArrays": list(d.deleted_arrays),
        "updatedGroups": list(d.updated_groups),
        "updatedArrays": list(d.updated_arrays),
        "updatedChunks": {k: [list(i) for i in v] for k, v in d.updated_chunks.items()},
    }


def op_create(r):
    global repo
    repo = icechunk.Repository.create(place(r["where"]), settings(r))
    if r.get("save"):
        repo.save_config()


def op_open(r):
    global repo
    repo = icechunk.Repository.open(place(r["where"]), settings(r))


def op_refs(r):
    return {
        "branches": {b: repo.lookup_branch(b) for b in repo.list_branches()},
        "tags": {t: repo.lookup_tag(t) for t in repo.list_tags()},
    }


def op_ancestry(r):
    out = []
    for a in repo.ancestry(**version(r)):
        if r.get("limit") is not None and len(out) >= r["limit"]:
            break
        out.append(info(a))
    return out


def op_begin(r):
    s = repo.writable_session(r["branch"])
    sessions[r["s"]] = s
    return s.snapshot_id


def op_get(r):
    b = asyncio.run(get(store(r), r["key"]))
    return None if b is None else b64(b)


def op_diff(r):
    def named(prefix):
        return {f"{prefix}_{k}": v for k, v in version(r[prefix]).items()}

    return diff(repo.diff(**named("from"), **named("to")))


def op_rebase(r):
    sessions[r["s"]].rebase(icechunk.ConflictDetector())


def op_log(r):
    """The log of operations, newest first: kind, its fields, time, backup."""

    def entry(u):
        fields = {k: getattr(u.kind, k) for k in dir(u.kind) if not k.startswith("_") and isinstance(getattr(u.kind, k), str)}
        return {
            "kind": type(u.kind).__name__,
            "fields": fields,
            "time": u.updated_at.isoformat(timespec="microseconds"),
            "backup": u.backup_path or "",
        }

    return [entry(u) for u in repo.ops_log()]


def op_expire(r):
    return sorted(repo.expire_snapshots(datetime.datetime.fromisoformat(r["before"])))


def op_collect(r):
    s = repo.garbage_collect(datetime.datetime.now(datetime.timezone.utc))
    return {
        "chunks": s.chunks_deleted,
        "manifests": s.manifests_deleted,
        "snapshots": s.snapshots_deleted,
        "logs": s.transaction_logs_deleted,
    }


OPS = {
    "log": op_log,
    "expire": op_expire,
    "collect": op_collect,
    "create": op_create,
    "open": op_open,
    "refs": op_refs,
    "ancestry": op_ancestry,
    "branch": lambda r: repo.create_branch(r["name"], r["snapshot"]),
    "tag": lambda r: repo.create_tag(r["name"], r["snapshot"]),
    "delete branch": lambda r: repo.delete_branch(r["name"]),
    "delete tag": lambda r: repo.delete_tag(r["name"]),
    "reset branch": lambda r: repo.reset_branch(r["name"], r["snapshot"], from_snapshot_id=r.get("from")),
    "begin": op_begin,
    "set": lambda r: asyncio.run(put(store(r), r["key"], base64.b64decode(r["value"]))),
    "delete": lambda r: asyncio.run(store(r).delete(r["key"])),
    "delete node": lambda r: asyncio.run(store(r).delete_dir(r["key"])),
    "get": op_get,
    "dump": lambda r: asyncio.run(dump(store(r))),
    "status": lambda r: diff(sessions[r["s"]].status()),
    "diff": op_diff,
    "commit": lambda r: sessions[r["s"]].commit(r["message"], metadata=r.get("metadata")),
    "rebase": op_rebase,
    "drop": lambda r: sessions.pop(r["s"], None) and None,
    "values": values,
    "dataset": dataset,
    "to_zarr": to_zarr,
    "assign": assign,
    "resize": resize,
}


def kind(e):
    message = str(e).split("\n")[0]
    if isinstance(e, icechunk.RebaseFailedError) or "cannot rebase" in message:
        return "conflict"
    if isinstance(e, icechunk.ConflictError) or "branch update conflict" in message:
        return "moved"
    if "no changes" in message.lower():
        return "empty"
    if re.search("already exists|already deleted", message):
        return "exists"
    if "not found" in message:
        return "absent"
    return "other"


def main():
    for line in sys.stdin:
        r = json.loads(line)
        try:
            out = {"ok": OPS[r["op"]](r)}
        except Exception as e:  # whatever it is, the test is told
            out = {"error": f"{type(e).__name__}: {e}", "kind": kind(e)}
        sys.stdout.write(json.dumps(out) + "\n")
        sys.stdout.flush()


main()
