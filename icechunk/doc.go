// Package icechunk keeps groups and arrays in transactions: repositories in
// the Icechunk format, specification 2.1, in any blob.Bucket.
//
// A Repository is a tree of nodes (groups and arrays, as Zarr names them) and
// its history. A snapshot is one state of the tree, for ever; it points to
// manifests, which are lists of references to the stored chunks of arrays. A
// branch is a name for a snapshot that moves, a tag one that does not. All of it
// but the object `repo` is written once: a reader keeps the id of a snapshot and
// is disturbed by nobody.
//
//	r, err := icechunk.Create(ctx, bucket, icechunk.Options{})
//	s, err := r.Session(ctx, "main")
//	err = zarr.CreateGroup(ctx, s, "/lab", nil)
//	id, err := s.Commit(ctx, "the first group")
//
// A Session is a transaction: a zarr.Store on the tip of a branch, which sees
// its own writes. Chunks go to the bucket as they are written and only their
// references are kept, some 40 bytes each, so that a transaction may be far
// larger than memory. Commit writes the manifests that were touched, the
// snapshot and a log of what was done, makes all of it survive a loss of power,
// and then moves the branch by one compare-and-swap. Who came second gets
// errs.Conflict, and may Rebase: two transactions conflict when both wrote the
// same chunk or the same metadata, or one deleted what the other changed. What a
// session only read is not looked at: this is snapshot isolation.
//
// Any number of processes may write to one repository at once. On a directory
// that holds for this package alone: the official engine takes no lock there,
// and a commit of its may overwrite one of ours, or of its own.
//
// Not done here: reading chunks that lie outside the repository, moving nodes,
// amending, garbage collection, expiry, and writing specification 1.
package icechunk
