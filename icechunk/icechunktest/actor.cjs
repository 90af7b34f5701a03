// Drives the official engine of Icechunk for the tests: reads one JSON request a
// line from stdin, {op, …}, and answers one line, {ok: …} or {error, kind}.
// Bytes travel as base64. actor.py speaks the same protocol.
'use strict'
const { Repository, Storage } = require('@earthmover/icechunk')
const { createHash } = require('node:crypto')
const readline = require('node:readline')

let repo, storage, config
const sessions = new Map()

const sha = (b) => createHash('sha256').update(b).digest('hex')
const store = (r) => (r.s === undefined ? undefined : sessions.get(r.s).store)
const version = (r, name) => {
  const key = (kind) => (name ? name + kind[0].toUpperCase() + kind.slice(1) : kind)
  const v = name ? r[name] : r
  for (const kind of ['branch', 'tag']) if (v[kind] !== undefined) return { [key(kind)]: v[kind] }
  return { [key('snapshotId')]: v.snapshot }
}

async function place(where) {
  if (where.local !== undefined) return Storage.newLocalFilesystem(where.local)
  const { bucket, prefix, endpoint, user, password, region } = where.s3
  const creds = { type: 'Static', field0: { accessKeyId: user, secretAccessKey: password } }
  return Storage.newS3(bucket, prefix, creds, { region, endpointUrl: endpoint, allowHttp: true, forcePathStyle: true })
}

function settings(r) {
  const c = {}
  if (r.inline !== undefined) c.inlineChunkThresholdBytes = r.inline
  if (r.split) {
    c.manifest = { splitting: { split_sizes: [[{ path_matches: { regex: '.*' } }, [{ condition: 'Any', num_chunks: r.split }]]] } }
  }
  return c
}

// dump gives what a snapshot or session holds: documents whole, chunks as digests.
async function dump(s) {
  const docs = {}, chunks = {}
  const keys = await s.list()
  for (let i = 0; i < keys.length; i += 64) {
    await Promise.all(keys.slice(i, i + 64).map(async (k) => {
      const b = await s.get(k)
      if (k === 'zarr.json' || k.endsWith('/zarr.json')) docs[k] = Buffer.from(b).toString('base64')
      else chunks[k] = sha(b)
    }))
  }
  return { docs, chunks }
}

const info = (a) => ({ id: a.id, parent: a.parentId ?? '', message: a.message, time: a.writtenAt, metadata: a.metadata })

const ops = {
  async create(r) {
    storage = await place(r.where)
    config = settings(r)
    repo = await Repository.create(storage, config)
    if (r.save) await repo.saveConfig()
  },
  async open(r) {
    storage = await place(r.where)
    config = settings(r)
    repo = await Repository.open(storage, config)
  },
  async refs() {
    const branches = {}, tags = {}
    for (const b of await repo.listBranches()) branches[b] = await repo.lookupBranch(b)
    for (const t of await repo.listTags()) tags[t] = await repo.lookupTag(t)
    return { branches, tags }
  },
  async ancestry(r) {
    return (await repo.ancestry(version(r))).slice(0, r.limit ?? undefined).map(info)
  },
  async branch(r) { await repo.createBranch(r.name, r.snapshot) },
  async tag(r) { await repo.createTag(r.name, r.snapshot) },
  async 'delete branch'(r) { await repo.deleteBranch(r.name) },
  async 'delete tag'(r) { await repo.deleteTag(r.name) },
  async 'reset branch'(r) { await repo.resetBranch(r.name, r.snapshot, r.from) },
  async begin(r) {
    const s = await repo.writableSession(r.branch)
    sessions.set(r.s, s)
    return s.snapshotId
  },
  async set(r) { await store(r).set(r.key, Buffer.from(r.value, 'base64')) },
  async delete(r) { await store(r).delete(r.key) },
  async 'delete node'(r) { await store(r).deleteDir(r.key) },
  async get(r) {
    const s = store(r) ?? (await repo.readonlySession(version(r))).store
    const b = await s.get(r.key)
    return b === null ? null : Buffer.from(b).toString('base64')
  },
  async dump(r) {
    return dump(store(r) ?? (await repo.readonlySession(version(r))).store)
  },
  async id(r) {
    return (await repo.readonlySession(version(r))).getNodeId(r.path)
  },
  async status(r) { return sessions.get(r.s).status() },
  async diff(r) { return repo.diff({ ...version(r, 'from'), ...version(r, 'to') }) },
  async commit(r) { return sessions.get(r.s).commit(r.message) },
  async rebase(r) { await sessions.get(r.s).rebase() },
  async drop(r) { sessions.delete(r.s) },
  // manifests tells how many manifests a snapshot has, and references in them.
  async manifests(r) {
    return (await repo.lookupManifestFiles(r.snapshot)).map((m) => ({ id: m.id, bytes: m.sizeBytes, refs: m.numChunkRefs }))
  },
}

// kind sorts the engine's messages.
function kind(message) {
  const m = message.split('\n')[0]
  if (/branch update conflict|repo info object was updated/.test(m)) return 'moved'
  if (/cannot rebase/.test(m)) return 'conflict'
  if (/no changes made/.test(m)) return 'empty'
  if (/already exists|already deleted/.test(m)) return 'exists'
  if (/not found/.test(m)) return 'absent'
  return 'other'
}

async function answer(line) {
  const r = JSON.parse(line)
  try {
    return { ok: (await ops[r.op](r)) ?? null }
  } catch (e) {
    return { error: e.message, kind: kind(e.message) }
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(line)) + '\n')
  }
}
main()
