// Reads all of the repositories at DIR... with the official engine for Node,
// commits to their branch main, and prints what it read as JSON.
'use strict'
const { Repository, Storage } = require('@earthmover/icechunk')

async function read(repo, snapshotId) {
  const session = await repo.readonlySession({ snapshotId })
  const out = {}
  for (const key of await session.store.list()) {
    try {
      const value = Buffer.from(await session.store.get(key))
      out[key] = key.endsWith('zarr.json') ? value.toString() : 'base64:' + value.toString('base64')
    } catch (e) {
      if (!/virtual/i.test(String(e))) throw e // a virtual chunk is nowhere
    }
  }
  return out
}

async function reopen(dir) {
  const repo = await Repository.open(await Storage.newLocalFilesystem(dir))
  const answer = { branches: {}, tags: {}, stores: {} }
  for (const b of await repo.listBranches()) {
    answer.branches[b] = await repo.lookupBranch(b)
    for (const s of await repo.ancestry({ branch: b })) answer.stores[s.id] ??= await read(repo, s.id)
  }
  for (const t of await repo.listTags()) answer.tags[t] = await repo.lookupTag(t)
  const session = await repo.writableSession('main')
  await session.store.set('added/zarr.json', Buffer.from('{"zarr_format":3,"node_type":"group"}'))
  answer.added = await session.commit('added by the engine')
  return answer
}

async function main(dirs) {
  const answers = {}
  for (const dir of dirs) answers[dir] = await reopen(dir)
  console.log(JSON.stringify(answers))
}

main(process.argv.slice(2))
