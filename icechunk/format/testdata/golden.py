"""Makes the golden repositories with the official engines.

    $OUTCORE_ORACLE_PYTHON golden.py                 the golden files
    $OUTCORE_ORACLE_PYTHON golden.py answers DIR...  JSON of the repositories there

`make oracle` says what the variables are. For each repository it writes
NAME.tar.gz and NAME.json: what the engine for Python answers when it is asked
what the repository holds. Ids and times differ every time.
"""

import base64
import datetime
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import icechunk as ic
import numpy as np
import zarr


def storage(path):
    return ic.local_filesystem_storage(str(path))


def group(store, path="", **attributes):
    return zarr.create_group(store, path=path, attributes=attributes, overwrite=False)


def array(store, path, data, chunks, **more):
    a = zarr.create_array(store, name=path, shape=data.shape, chunks=chunks, dtype=data.dtype, **more)
    a[...] = data
    return a


EVERYTHING = {
    "none": None, "yes": True, "no": False, "zero": 0, "one": 1, "byte": 255, "short": 256, "word": 70000,
    "long": 2**40, "most": 2**63 - 1, "unsigned": 2**63 + 5, "minus": -1, "minus byte": -128, "minus short": -129,
    "minus long": -(2**40), "least": -(2**63), "half": 0.5, "pi": 3.141592653589793, "tiny": 5e-324,
    "text": "größe \U0001f9ca", "empty": "", "long text": "x" * 300, "list": [1, "a", 2.5, None, True, [], {}],
    "numbers": [1, 2, 3], "floats": [0.5, 1.5], "nested": {"b": {"c": [{"d": 1}, {"d": 2}]}, "a": []}, "": "no name",
}


def types(at):
    """Metadata of every type; arrays of several; names of dimensions."""
    repo = ic.Repository.create(storage(at))
    s = repo.writable_session("main")
    group(s.store, about="all")
    array(s.store, "f8", np.linspace(0, 1, 700), (200,), compressors=None)
    array(s.store, "i4", np.arange(48, dtype="i4").reshape(8, 6), (2, 3), dimension_names=("y", None))
    array(s.store, "deep/down/b", np.array([True, False, True]), (2,))
    array(s.store, "scalar", np.array(3.5), ())
    s.commit("types", metadata=EVERYTHING)
    repo.update_metadata({"owner": "golden", "all": EVERYTHING})


def history(at):
    """Refs, deletions, status, configuration, more updates than one file has."""
    config = ic.RepositoryConfig.default()
    config.num_updates_per_repo_info_file = 6
    repo = ic.Repository.create(storage(at), config=config)
    repo.save_config()
    ids = []
    for i in range(5):
        s = repo.writable_session("main")
        group(s.store, path=f"g{i}")
        array(s.store, f"g{i}/x", np.arange(10) + i, (5,))
        if i > 2:
            zarr.open_group(s.store)[f"g{i-2}"]["x"][:5] = 7
            del zarr.open_group(s.store)[f"g{i-3}"]
        ids.append(s.commit(f"commit {i}", metadata={"i": i}))
    for name in ("v1", "v1-rc", "a tag", "ä"):
        repo.create_tag(name, ids[1])
    repo.delete_tag("v1-rc")
    repo.create_branch("dev", ids[2])
    s = repo.writable_session("dev")
    group(s.store, path="only on dev")
    s.commit("dev")
    repo.reset_branch("dev", ids[0])
    repo.set_status(ic.RepoStatus(ic.RepoAvailability.read_only, limited_availability_reason="golden"))
    repo.set_status(ic.RepoStatus(ic.RepoAvailability.online))
    repo.set_feature_flag("move_node", False)
    repo.set_feature_flag("create_tag", True)


def readonly(at):
    """A repository that is not to be written."""
    repo = ic.Repository.create(storage(at))
    repo.set_status(ic.RepoStatus(ic.RepoAvailability.read_only, limited_availability_reason="closed for stocktaking"))


def expired(at):
    """Expired snapshots leave their logs behind (2.1); garbage was collected."""
    repo = ic.Repository.create(storage(at))
    for i in range(4):
        s = repo.writable_session("main")
        group(s.store, path=f"g{i}")
        array(s.store, f"g{i}/x", np.arange(300) + i, (100,), compressors=None)
        s.commit(f"commit {i}")
        if i == 1:
            repo.create_tag("kept", repo.lookup_branch("main"))
    now = datetime.datetime.now(datetime.timezone.utc)
    repo.expire_snapshots(now)
    repo.garbage_collect(now)


def virtual(at):
    """Virtual references of several arrays, beside inline and native chunks."""
    config = ic.RepositoryConfig.default()
    config.set_virtual_chunk_container(ic.VirtualChunkContainer("s3://bucket/", ic.s3_store(region="us-east-1"), name="bucket"))
    repo = ic.Repository.create(storage(at), config=config)
    repo.save_config()
    s = repo.writable_session("main")
    group(s.store)
    rng = np.random.default_rng(1)
    for name, n in (("few", 3), ("many", 1010)):
        zarr.create_array(s.store, name=name, shape=(n, 8), chunks=(1, 8), dtype="f8")
        specs = [
            ic.VirtualChunkSpec([i, 0], f"s3://bucket/{rng.integers(9)}/part-{i:05}.bin", i * 64, 64, etag_checksum=f"e{i}" if i % 2 else None)
            for i in range(n)
        ]
        s.store.set_virtual_refs(name, specs)
    array(s.store, "native", np.arange(400.0), (100,), compressors=None)
    s.commit("virtual")


def migrated(at):
    """Made by specification 1, then upgraded."""
    repo = ic.Repository.create(storage(at), spec_version=1)
    s = repo.writable_session("main")
    group(s.store)
    array(s.store, "x", np.arange(10), (5,))
    s.commit("one", metadata={"a": 1})
    repo = ic.upgrade_icechunk_repository(repo, dry_run=False)
    s = repo.writable_session("main")
    group(s.store, path="new")
    s.commit("two")


def text(v):
    return v.decode("utf-8", "backslashreplace") if isinstance(v, bytes) else str(v)


async def stored(store):
    """What a store has at each key: text of zarr.json, base 64 of chunks."""
    from zarr.core.buffer import default_buffer_prototype

    out = {}
    async for key in store.list():
        if key.endswith("zarr.json"):
            out[key] = (await store.get(key, default_buffer_prototype())).to_bytes().decode()
        else:
            try:
                out[key] = "base64:" + base64.b64encode((await store.get(key, default_buffer_prototype())).to_bytes()).decode()
            except Exception:  # a virtual chunk that is nowhere: see "virtual"
                pass
    return out


def answers(at):
    """All the engine says of a repository."""
    import asyncio

    repo = ic.Repository.open(storage(at))
    info = repo.inspect_repo_info()
    a = {"repo": info, "snapshots": {}, "transactions": {}, "manifests": {}, "stores": {}}
    for snap in info["snapshots"]:
        id = snap["id"]
        a["snapshots"][id] = repo.inspect_snapshot(id)
        if (pathlib.Path(at) / "transactions" / id).exists():
            a["transactions"][id] = repo.inspect_transaction_log(id)
        for m in repo.list_manifest_files(id):
            a["manifests"][m.id] = repo.inspect_manifest(m.id)
        session = repo.readonly_session(snapshot_id=id)
        a["stores"][id] = asyncio.run(stored(session.store))
        if virtual := session.all_virtual_chunk_locations():
            a.setdefault("virtual", {})[id] = sorted(virtual)
    a["flags"] = {
        "enabled": sorted(f.id for f in repo.enabled_feature_flags()),
        "disabled": sorted(f.id for f in repo.disabled_feature_flags()),
        "set": {f.id: f.setting for f in repo.feature_flags() if f.setting is not None},
    }
    status = repo.get_status()
    a["status"] = {"availability": str(status.availability), "reason": status.limited_availability_reason}
    a["ops"] = [
        {"kind": type(u.kind).__name__, "at": u.updated_at.isoformat(), "backup": u.backup_path} for u in repo.ops_log()
    ]
    return a


def dumps(doc):
    return json.dumps(doc, indent=1, ensure_ascii=False, default=text)


def pack(at, to):
    """A tar of plain files in order, without owners."""
    with tarfile.open(to, "w:gz", compresslevel=9) as tar:
        for p in sorted(pathlib.Path(at).rglob("*")):
            if p.is_file():
                entry = tarfile.TarInfo(str(p.relative_to(at)))
                entry.size = p.stat().st_size
                entry.mode = 0o644
                tar.addfile(entry, io.BytesIO(p.read_bytes()))


def main():
    out = pathlib.Path(__file__).parents[2] / "testdata" / "golden"
    out.mkdir(parents=True, exist_ok=True)
    node = os.environ["OUTCORE_ORACLE_NODE"]
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        for make in (types, history, readonly, expired, virtual, migrated):
            make(tmp / ("python-" + make.__name__))
        script = pathlib.Path(__file__).with_name("golden.cjs")
        version = subprocess.check_output([node, script, tmp], text=True).split()[-1]
        names = sorted(p.name for p in tmp.iterdir())
        for name in names:
            doc = answers(tmp / name)
            (out / (name + ".json")).write_text(dumps(doc) + "\n")
            pack(tmp / name, out / (name + ".tar.gz"))
    (out / "MANIFEST").write_text(
        "Made by icechunk/format/testdata/golden.py: repositories of the official engines and\n"
        "their answers. node-*: npm @earthmover/icechunk " + version + "; python-* and all\n"
        "answers: PyPI icechunk " + ic.__version__ + ", zarr " + zarr.__version__ + ". Ours to give away.\n\n"
        + "\n".join(names) + "\n"
    )


if __name__ == "__main__":
    ic.set_logs_filter("off")
    if sys.argv[1:2] == ["answers"]:
        print(dumps({dir: answers(dir) for dir in sys.argv[2:]}), flush=True)
        # Not by returning: icechunk 2.3.0 crashes in one of twenty interpreters
        # that end while its threads do.
        os._exit(0)
    else:
        main()
