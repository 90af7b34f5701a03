// Package npy reads and writes NumPy's array files, .npy and .npz, and the
// sparse matrices scipy.sparse keeps in .npz.
//
// A File is a .npy file (one Array without a name) or a .npz archive (named
// Arrays, stored or deflated). Opening reads headers only. An Array that is
// Direct (stored plainly, or deflated with the block index this package
// writes) is read at any offset from many goroutines; any other is inflated
// once from its start by a Stream. No array is ever held whole.
//
// A Writer takes rows and does not know how many will come: the .npy header is
// patched at the end, so the file it writes to must allow WriteAt. The bytes
// written depend on the rows and the compression alone: not on the clock, the
// number of workers, or how the rows were split over calls.
//
//	f, _ := os.Create("x.npz")
//	w, _ := npy.Create(f, dtype.Float32, 50, npy.Options{Compress: npy.Fast})
//	_ = w.Write(block)
//	size, _ := w.Close()
//
// docs/format/chunk.md describes every byte. The package never loads a pickle,
// does not fsync or rename, and knows nothing of labels or manifests.
package npy
