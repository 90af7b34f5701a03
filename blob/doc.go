// Package blob is objects by key behind one type, Bucket, wherever they are: a
// directory, the memory of this process, S3.
//
// An object is a run of bytes that is written whole and replaced whole. Its
// version is a token that changes when its content does; Put with IfAbsent or
// IfVersion gives put-if-absent and compare-and-swap, which is all that locks,
// logs and branches need. When Put has returned, the object survives a crash
// and a loss of power.
//
// A driver is registered by importing it:
//
//	import (
//		"github.com/outcore/outcore/blob"
//		_ "github.com/outcore/outcore/blob/fileblob"
//	)
//
//	b, err := blob.Open(ctx, "./out")
//	info, err := b.Put(ctx, "a/b", strings.NewReader("hello"), 5, blob.PutOptions{IfAbsent: true})
//
// blob/fileblob holds directories and file URLs, blob/memblob mem://name,
// blob/s3blob s3://bucket/prefix. Address is how users name these places, and
// nodes and versions inside them.
//
// Not done here: listing by folders, renaming, metadata of objects, and locks
// that outlive one call.
package blob
