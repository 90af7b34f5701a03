// Makes repositories with the official engine for Node, in the folder given.
// golden.py calls it, asks the engine for its answers, and packs both. Prints
// the engine's version.
'use strict'
const { readFileSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { Repository, Storage } = require('@earthmover/icechunk')
const out = process.argv[2]

const create = async (name, config) =>
  Repository.create(await Storage.newLocalFilesystem(join(out, name)), config, 2)

const group = (attributes = {}) =>
  Buffer.from(JSON.stringify({ zarr_format: 3, node_type: 'group', attributes }))

const array = (shape, chunks, extra = {}) =>
  Buffer.from(JSON.stringify({
    zarr_format: 3, node_type: 'array', shape, data_type: 'uint8',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: 0, codecs: [{ name: 'bytes' }], attributes: {}, ...extra,
  }))

const bytes = (n, seed) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 31 + seed) & 255))

async function empty() {
  await create('node-empty')
}

// Names around the slash, inline and native chunks, no dimension, split manifests.
async function nodes() {
  const repo = await create('node-nodes', {
    inlineChunkThresholdBytes: 16,
    manifest: { splitting: { split_sizes: [[{ path_matches: { regex: '.*' } }, [{ condition: 'Any', num_chunks: 3 }]]] } },
  })
  let s = await repo.writableSession('main')
  await s.store.set('zarr.json', group({ title: 'größe' }))
  for (const p of ['a', 'a/b', 'a-b', 'a-b/c', 'a.x', 'ab', 'a b', 'é']) await s.store.set(p + '/zarr.json', group({ p }))
  await s.store.set('a/b/small/zarr.json', array([10, 6], [2, 3], { dimension_names: ['y', null] }))
  for (let i = 0; i < 5; i++) for (let j = 0; j < 2; j++) await s.store.set(`a/b/small/c/${i}/${j}`, bytes(6, i * 2 + j))
  await s.store.set('large/zarr.json', array([300], [30]))
  for (const i of [0, 1, 2, 5, 9]) await s.store.set(`large/c/${i}`, bytes(30, i))
  await s.store.set('point/zarr.json', array([], []))
  await s.store.set('point/c', bytes(1, 7))
  await s.store.set('nothing/zarr.json', array([0, 4], [2, 2]))
  await s.commit('nodes')
  s = await repo.writableSession('main')
  await s.store.set('large/c/2', bytes(30, 99))
  await s.store.delete('large/c/9')
  await s.store.set('a/zarr.json', group({ p: 'a', changed: true }))
  await s.store.deleteDir('a-b')
  await s.commit('change')
}

// Refs, moves, amend, a detached snapshot, flags, a saved configuration.
async function history() {
  const repo = await create('node-history', { inlineChunkThresholdBytes: 64 })
  let s = await repo.writableSession('main')
  await s.store.set('zarr.json', group())
  await s.store.set('g/zarr.json', group())
  await s.store.set('g/x/zarr.json', array([4], [2]))
  await s.store.set('g/x/c/0', bytes(2, 1))
  const first = await s.commit('first')
  await repo.createTag('v1', first)
  await repo.createTag('gone', first)
  await repo.deleteTag('gone')
  await repo.createBranch('dev', first)
  await repo.createBranch('feature/ä', first)
  s = await repo.writableSession('dev')
  await s.store.set('g/x/c/1', bytes(2, 2))
  await s.commit('on dev')
  s = await repo.writableSession('dev')
  await s.store.set('g/x/c/1', bytes(2, 3))
  await s.amend('on dev, again')
  s = await repo.rearrangeSession('main')
  await s.moveNode('/g', '/h')
  await s.commit('move')
  s = await repo.writableSession('main')
  await s.store.set('k/zarr.json', group())
  await s.flush('detached')
  await repo.resetBranch('feature/ä', await repo.lookupBranch('main'))
  await repo.createBranch('short', first)
  await repo.deleteBranch('short')
  await repo.saveConfig()
  await repo.setFeatureFlag('create_tag', false)
  await repo.setFeatureFlag('delete_tag', true)
}

// Virtual references: few (written as they are) and many (with a dictionary).
async function virtual() {
  const repo = await create('node-virtual')
  const s = await repo.writableSession('main')
  await s.store.set('zarr.json', group())
  const spec = (i, n) => ({
    index: [i], location: `s3://bucket/${i % 7}/data-${String(i).padStart(6, '0')}.nc`, offset: i * 100, length: 100 + n,
    ...(i % 3 === 1 ? { etagChecksum: 'etag-' + i } : i % 3 === 2 ? { lastModified: new Date(1700000000000 + i * 1000) } : {}),
  })
  for (const [name, n] of [['few', 5], ['many', 1010]]) {
    await s.store.set(`${name}/zarr.json`, array([n * 10], [10]))
    await s.store.setVirtualRefs('/' + name, Array.from({ length: n }, (_, i) => spec(i, n)), false)
  }
  await s.commit('virtual')
}

async function main() {
  await empty()
  await nodes()
  await history()
  await virtual()
  const home = dirname(require.resolve('@earthmover/icechunk'))
  console.log(JSON.parse(readFileSync(join(home, 'package.json'))).version)
}

main()
