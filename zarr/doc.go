// Package zarr is the metadata, element types and codecs of Zarr v3 arrays.
//
// A Store holds nodes, which are groups and arrays with a zarr.json each, and the
// stored bytes of chunks by index; icechunk.Session is one, Mem another. An Array
// turns stored chunks into elements and back; a Scratch is the buffers one
// goroutine needs for that.
//
//	m, err := zarr.NewMeta([]uint64{8760, 721, 1440}, zarr.NumberType(dtype.Float32), zarr.MetaOptions{})
//	a, err := zarr.CreateArray(ctx, store, "/era5/t2m", m)
//	err = a.Write(ctx, []uint32{0, 0, 0}, chunk, &scratch) // chunk is a.ChunkBytes() long
//	ok, err := a.Read(ctx, []uint32{0, 0, 0}, chunk, &scratch)
//
// Elements are little-endian in memory and in C order. Chunks at the border of an
// array are stored whole. What was never written is fill value.
//
// It reads and writes regular grids; every core element type, the string, bytes
// and time types of zarr-python; and the codecs bytes, transpose, sharding_indexed,
// vlen-utf8, vlen-bytes, zstd, gzip, blosc and crc32c. What it does not know it
// lists and refuses to open.
//
// The package knows nothing of transactions or files, starts no goroutine, and
// does no arithmetic on elements.
package zarr
