// Package table keeps tables and matrices in a repository, as groups of Zarr
// arrays that other programs read (docs/format/table.md).
//
// A Table is named columns of one length: numbers, texts, times, each with or
// without nulls. A Matrix is rows of numbers, dense, with labels or without; a
// Sparse is compressed rows. Each is made by its Create function in a zarr.Store,
// grows by a writer, which cuts what it is given into chunks and stores many at
// once, and is read as a source.Dataset:
//
//	t, err := table.Create(ctx, session, "/flights", table.Options{Schema: schema})
//	w, err := t.NewWriter(ctx, table.WriterOptions{Jobs: 2})
//	err = w.Write(ctx, record)
//	err = w.Flush(ctx)
//	_, err = session.Commit(ctx, "more flights")
//
// Load opens whatever is at an address of a repository.
//
// The package does not commit: the store does, or its caller.
package table
