// Package s3blob keeps objects in a bucket of S3 or of a store that speaks its
// protocol. It registers the scheme s3: s3://bucket/prefix.
//
// # Account and endpoint
//
// They come from a profile, never from the address; see LoadProfile. With
// OUTCORE_PROFILE=anonymous requests are not signed.
//
// # Conditions
//
// PutOptions.IfAbsent is If-None-Match: * and PutOptions.IfVersion is If-Match:
// ETag, on PutObject and, for what is uploaded in parts, on
// CompleteMultipartUpload. AWS S3 honours both since November 2024, versitygw 1.8
// passes this package's tests, MinIO and Cloudflare R2 document them. A store
// that ignores the headers would let the last writer win: ask its manual before
// two programs write one prefix.
//
// # Lost replies
//
// Every write carries a random mark in its metadata (x-amz-meta-outcore-write).
// When the reply to a write is lost, the write is tried again; when that finds
// its own condition broken, the object's mark tells whether it was by this very
// write. A write whose outcome stays unknown is errs.Unavailable.
//
// # Memory
//
// An object up to PartSize (8 MiB) from a plain reader is held whole; a larger
// one takes (Transfers + 1) × PartSize, 40 MiB by default. From a file or an
// io.ReaderAt with Seek nothing is held. An upload in parts that is killed leaves
// parts that the store bills until a life-cycle rule removes them
// (AbortIncompleteMultipartUpload); one that fails is aborted.
//
// Listing relies on the store's bytewise order and fails where it is not kept.
package s3blob
