// Package codec opens compressed files: gzip, zstd and bzip2, told apart by
// their first bytes and never by their names.
//
// A Reader gives the decompressed bytes in order and knows its Position: a
// place in the stored file from which decoding starts again, and how many
// decompressed bytes lie between that place and the next byte. Open with that
// Position yields the identical rest. What it costs depends on the format:
//
//   - bzip2 starts again at a block's first bit, so at most 900 kB are decoded
//     for nothing. Blocks are decoded by all workers at once.
//   - zstd starts again at a frame, gzip at a member. Most files are one frame
//     or one member, and are then decoded again from their start, which is
//     several times cheaper than parsing what they hold. Both decode ahead of
//     the caller in goroutines of their own.
//
// Concatenated streams, members and frames are read as one, as the usual tools
// do. Everything that can be decoded before a fault is delivered before the
// error that reports it. Expansion is capped, see Options.MaxExpansion.
//
//	r, err := codec.Open(ctx, file, size, codec.Options{At: saved})
//	if err != nil {
//		return err
//	}
//	defer r.Close()
//	n, err := r.Read(buf)
//	saved = r.Position()
//
// The package does not know file names, archives (tar, zip) or dictionaries;
// package codec/deflate writes the members of zip files.
package codec
