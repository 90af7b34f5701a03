package chunk

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/npy"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/stream"
)

// write folds the pieces into files. A chunk that is full is completed (hashed,
// made durable, put, entered in the manifest) beside the writing of the next;
// at most one is, so the manifest grows in order.
func (w *work) write(ctx context.Context) (err error) {
	defer w.buffers.Free()
	var out *output
	last := w.m.end()
	pending := make(chan error, 1)
	pending <- nil
	index, first := len(w.m.Chunks), w.m.Rows
	fold := w.fold(func(ctx context.Context, p *piece) (err error) {
		defer p.release()
		last = p.at
		if p.n > 0 {
			if out == nil {
				if out, err = w.open(index); err != nil {
					return err
				}
			}
			if err := out.write(p); err != nil {
				return err
			}
		}
		if !p.ends {
			return nil
		}
		full := out
		out = nil
		entry := Chunk{First: first, Rows: full.data.rows(), End: p.at}
		first += entry.Rows
		index++
		if err := <-pending; err != nil {
			full.abort()
			pending <- nil
			return err
		}
		go func() { pending <- w.complete(ctx, full, entry, p.last) }()
		return nil
	})
	err = fold.Run(ctx, w.pieces(ctx))
	if out != nil {
		out.abort()
	}
	if err == nil && w.opt.Layout == Parquet { // nothing of the tables is held any more
		w.reserved.Release() // the kernel takes the slabs back while the disk writes
	}
	if err := errors.Join(err, <-pending); err != nil {
		return err
	}
	paged := w.at.bytes > w.pageLimit()
	w.m.Complete, w.m.Skipped, w.m.Digest = true, last.Skipped, w.m.digest()
	if err := w.save(ctx); err != nil || !paged {
		return err
	}
	return w.removePages(ctx)
}

// fold is the end of the stream of pieces: step by step, with progress.
func (w *work) fold(step func(context.Context, *piece) error) stream.Fold[*piece] {
	progress := func(p *piece) (int64, int64) { return p.bytes, p.n }
	if w.unit() == "rows" {
		progress = func(p *piece) (int64, int64) { return p.n, p.n }
	}
	return stream.Fold[*piece]{
		Name: stepName, Events: w.Events, Total: w.total(), Done: w.done(), Unit: w.unit(), Rows: w.m.Rows,
		Progress: progress,
		Step:     step,
	}
}

// unit is what progress is told in: stored bytes, or rows.
func (w *work) unit() string {
	if _, ok := w.Data.(source.Counted); ok {
		return "rows"
	}
	return "bytes"
}

// total is all sources in unit, 0 when not known.
func (w *work) total() (n int64) {
	if w.unit() == "rows" {
		return max(w.Data.Rows(), 0)
	}
	for _, f := range w.Data.Files() {
		if f.Size < 0 {
			return 0
		}
		n += f.Size
	}
	return n
}

// complete makes a full chunk's files the destination's and enters them; the
// last ones are in the manifest of the whole job, which is put next.
func (w *work) complete(ctx context.Context, o *output, c Chunk, last bool) error {
	defer o.abort()
	files := []*outFile{o.data}
	if o.labels != nil {
		files = append(files, o.labels)
	}
	for _, f := range files {
		stats, err := f.close()
		if err != nil {
			return blob.FileError("write the chunk", f.path, err)
		}
		if _, err := w.Dest.PutFile(ctx, f.name, f.path, blob.PutOptions{}); err != nil {
			return err
		}
		c.Files = append(c.Files, Part{Name: f.name, Bytes: stats.Bytes, SHA256: stats.SHA256})
	}
	if last {
		w.m.add(c)
		return nil
	}
	return w.enter(ctx, c)
}

// An output is one chunk being written.
type output struct {
	data, labels *outFile // labels may be nil
	sparse       bool     // data is npz-csr
	tile         []byte   // of writeData
}

// An outFile is one staged file and what writes it.
type outFile struct {
	name, path string
	f          *os.File
	numbers    FileWriter[*Rows]
	table      FileWriter[*TableGroup]
}

// open stages the files of chunk i.
func (w *work) open(i int) (_ *output, err error) {
	o := &output{sparse: w.opt.Layout == NPZCSR}
	defer func() {
		if err != nil {
			o.abort()
		}
	}()
	opt := npy.Options{Compress: npy.Compression(w.opt.Compress), Workers: w.jobs, Buffers: &w.buffers}
	if o.data, err = w.create(partName(w.opt.Prefix, i, w.opt.Layout, false)); err != nil {
		return nil, err
	}
	switch w.opt.Layout {
	case NPZ:
		o.data.numbers, err = NewNPZFile(o.data.f, w.opt.DType, w.cols, opt)
	case NPZCSR:
		o.data.numbers, err = NewCSRFile(o.data.f, w.opt.DType, w.cols, opt)
	case Parquet:
		o.data.table, err = NewParquetFile(o.data.f, w.tables)
	}
	if err != nil || !w.Data.Schema().Labels {
		return o, err
	}
	if o.labels, err = w.create(partName(w.opt.Prefix, i, w.opt.Layout, true)); err != nil {
		return nil, err
	}
	o.labels.numbers, err = NewLabelsFile(o.labels.f, opt)
	return o, err
}

func (w *work) create(name string) (*outFile, error) {
	o := &outFile{name: name, path: filepath.Join(w.staging, name)}
	var err error
	if o.f, err = os.OpenFile(o.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666); err != nil {
		return nil, blob.FileError("stage the chunk", o.path, err)
	}
	return o, nil
}

// write appends the rows of p.
func (o *output) write(p *piece) error {
	if p.group != nil {
		return o.data.failed(o.data.table.Write(p.group))
	}
	if err := o.data.failed(o.writeData(p.rows)); err != nil || o.labels == nil {
		return err
	}
	return o.labels.failed(o.labels.numbers.Write(p.rows))
}

// writeData appends the numbers of r. Sparse rows of a dense file are spread out
// a tile at a time: all at once they may take any multiple of their memory.
func (o *output) writeData(r *Rows) error {
	if o.sparse || !r.Block.Sparse() {
		return o.data.numbers.Write(r)
	}
	tile := max(1, tileBytes/(r.Block.Cols*r.Block.Type.Size()))
	for lo := 0; lo < r.Block.Rows; lo += tile {
		part := r.Slice(lo, min(lo+tile, r.Block.Rows))
		n := part.Block.Rows * r.Block.Cols * r.Block.Type.Size()
		if len(o.tile) < n {
			o.tile = buffer(n)
		}
		clear(o.tile[:n])
		part.Block = denseIn(o.tile[:n], part.Block)
		if err := o.data.numbers.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// tileBytes is what sparse rows are spread out to at a time: the second-level
// cache holds it.
const tileBytes = 256 << 10

// abort ends the writers and removes what is still staged.
func (o *output) abort() {
	for _, f := range []*outFile{o.data, o.labels} {
		if f != nil {
			f.abort()
		}
	}
}

// failed names the file in an error of writing it.
func (o *outFile) failed(err error) error { return blob.FileError("write the chunk", o.path, err) }

func (o *outFile) rows() int64 {
	if o.table != nil {
		return o.table.Rows()
	}
	return o.numbers.Rows()
}

// close completes the file.
func (o *outFile) close() (Stats, error) {
	var stats Stats
	var err error
	if o.table != nil {
		stats, err = o.table.Close()
	} else {
		stats, err = o.numbers.Close()
	}
	if err != nil {
		return stats, err
	}
	err = o.f.Close()
	o.f = nil
	return stats, err
}

func (o *outFile) abort() {
	if o.table != nil {
		o.table.Abort()
	}
	if o.numbers != nil {
		o.numbers.Abort()
	}
	if o.f != nil {
		o.f.Close() // nothing of it is kept
		os.Remove(o.path)
		o.f = nil
	}
}
