// Package zarr is the metadata, element types and codecs of Zarr v3 arrays.
//
// A Store holds nodes and the stored bytes of chunks; icechunk.Session is one,
// Mem another. An Array turns stored chunks into elements and back.
//
// The package knows nothing of transactions or files.
package zarr
