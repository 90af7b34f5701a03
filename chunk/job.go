package chunk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/codec/deflate"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/internal/lock"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

// A Job writes the rows of a data set as chunk files. The caller keeps Data,
// Dest and Budget open while Run works. Only one Run at a time writes to one
// destination and prefix: on a disk a lock keeps others out, elsewhere the
// manifest's version does.
type Job struct {
	Data    source.Dataset
	Pool    *source.Pool // the memory Data was opened with; may be nil
	Dest    *blob.Bucket
	Options Options

	// Ready says that the blocks of Data are of Options.DType and scaled
	// already: the source was opened so, which saves a pass over each.
	Ready   bool
	Decoder int64 // bytes that Data's decompression holds: source.DecoderMemory

	Jobs     int // workers; default 1. They do not change a byte
	Budget   *memory.Budget
	Temp     string // where files are staged when Dest is not on a disk; default os.TempDir()
	Events   event.Sink
	Identity map[string]string // options of the source: a resumed job must have the same
	SkipBad  int64             // the source's limit of bad rows, over all runs of the job
	Restart  bool              // discard what is there

	pages int // pageBytes of a test
}

// A Result is what Run made.
type Result struct {
	Rows     int64  `json:"rows"`
	Chunks   int    `json:"chunks"`
	Bytes    int64  `json:"bytes"` // of all files
	Digest   string `json:"digest"`
	Skipped  int64  `json:"skipped"`            // bad rows left out
	LeftOut  int64  `json:"left_out,omitempty"` // other rows that Data read and did not give, such as those without a target
	Resumed  bool   `json:"resumed"`            // some of it had been done before
	Columns  int    `json:"columns"`
	Layout   string `json:"layout"`
	DType    string `json:"dtype,omitempty"`
	Manifest string `json:"manifest"` // its address
	Need     int64  `json:"need_bytes"`
}

// Run writes what is not written yet. After an error, a crash or a kill the
// same call goes on after the last whole chunk, and the files come out the same,
// byte for byte. Other options, or sources that changed, are errs.Invalid and
// told one by one; another process at work here is errs.Conflict.
func (j Job) Run(ctx context.Context) (*Result, error) {
	w, err := j.plan(ctx)
	if err != nil {
		return nil, err
	}
	release, err := w.reserve(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if dir, ok := j.Dest.Local(); ok {
		l, err := lock.Acquire(filepath.Join(dir, stateDir, w.opt.Prefix+".lock"))
		if err != nil {
			return nil, err
		}
		defer l.Release()
	}
	if err := w.resume(ctx); err != nil {
		return nil, err
	}
	if err := w.sweep(); err != nil {
		return nil, err
	}
	if w.m.Complete {
		w.Events.Send(event.Event{Kind: event.Resume, Step: stepName, Message: fmt.Sprintf("all %d chunks are there already", len(w.m.Chunks))})
		return w.result(), nil
	}
	if err := w.stage(); err != nil {
		return nil, err
	}
	for err = w.write(ctx); w.fewer(err); err = w.write(ctx) {
	}
	if err := errors.Join(err, w.unstage()); err != nil {
		return nil, err
	}
	return w.result(), nil
}

// reserve makes the job's one reservation and fills the pool with it.
func (w *work) reserve(ctx context.Context) (release func(), err error) {
	r, err := w.Budget.Reserve(ctx, w.need, stepName)
	if err != nil {
		return nil, err
	}
	r.Heap(w.need)
	w.Pool.Fill(r)
	w.reserved = r
	w.buffers.Alloc = func(n int) ([]byte, func(), error) {
		s, err := r.Slab(n)
		if err != nil {
			return nil, nil, err
		}
		return s.Bytes(), s.Release, nil
	}
	return func() {
		w.Pool.Fill(nil)
		r.Release()
	}, nil
}

// fewer reports whether the job goes on with one worker, which holds less at
// once, after it had no memory for rows longer than any before.
func (w *work) fewer(err error) bool {
	var refused *memory.RefusedError
	if w.jobs == 1 || !errors.As(err, &refused) {
		return false
	}
	w.jobs = 1
	w.Events.Send(event.Event{Kind: event.Warning, Step: stepName, Message: "long rows: going on with one worker, which needs less memory"})
	return true
}

const (
	stepName = "chunk"
	stateDir = ".outcore" // beside the output: locks and staged files
)

// A work is a job being done.
type work struct {
	*Job
	opt      Options // complete
	table    bool    // batches are records
	cols     int
	now      *Manifest // of a job that begins now
	jobs     int       // as many of Jobs as the memory allows
	need     int64
	reserved *memory.Reservation
	staging  string
	staged   *lock.Lock // on staging, where no lock of the destination guards it

	decoding, decoded int64   // bytes of a segment; 0 = not known
	names             int64   // of columns, where Data knows
	left              float64 // of a block after compression; 1 = as much as before

	tables *TableEncoder // of Parquet
	row    rowSize       // in it
	rows   float64       // of the data, about; 0 = not known

	buffers deflate.Buffers // of all files that are being written
	m       *Manifest
	at      stored
	resumed bool
}

// resume finds what is done already: in w.m and its version.
func (w *work) resume(ctx context.Context) (err error) {
	if w.Restart {
		if err := w.discard(ctx); err != nil {
			return err
		}
	}
	w.m, w.at, err = readManifest(ctx, w.Dest, w.opt.Prefix, w.pageLimit())
	if errors.Is(err, errs.NotFound) {
		if err := w.vacant(ctx); err != nil {
			return err
		}
		if err := w.removePages(ctx); err != nil { // of files that somebody removed by hand
			return err
		}
		w.m = w.now
		return w.save(ctx)
	}
	if err != nil {
		return err
	}
	if err := w.m.agrees(w.now, w.Dest.Address()); err != nil && (w.m.Complete || len(w.m.Chunks) > 0) {
		return err
	} else if err != nil { // nothing was done yet that other options could spoil
		w.m = w.now
		return w.save(ctx)
	}
	i, why, err := w.m.missing(ctx, w.Dest)
	if err != nil {
		return err
	}
	if i < len(w.m.Chunks) {
		w.Events.Send(event.Event{Kind: event.Warning, Step: stepName, Message: why + ": the chunks from there on are made again"})
		w.m.drop(i)
		if err := w.removePages(ctx); err != nil {
			return err
		}
		if err := w.save(ctx); err != nil {
			return err
		}
	}
	if w.m.Complete && w.at.bytes > w.pageLimit() { // the end of the job may have been that of its process
		if err := w.removePages(ctx); err != nil {
			return err
		}
	}
	if n := len(w.m.Chunks); n > 0 && !w.m.Complete {
		w.resumed = true
		w.Events.Send(event.Event{Kind: event.Resume, Step: stepName, Done: w.done(), Unit: w.unit(), Rows: w.m.Rows,
			Message: fmt.Sprintf("%d chunks of %d rows are done; going on after them", n, w.m.Rows)})
	}
	w.resumed = w.resumed || w.m.Complete
	return nil
}

// vacant refuses to write over files that no manifest names, and among the
// objects of a repository.
func (w *work) vacant(ctx context.Context) error {
	switch _, err := w.Dest.Stat(ctx, "repo"); {
	case err == nil:
		return errs.New(errs.Exists, "it is a repository, and files in it would be no part of it").At(errs.Position{File: w.Dest.Address()}).
			WithFix("name a node of it: '%s#/name'", w.Dest.Address())
	case !errors.Is(err, errs.NotFound):
		return err
	}
	for name, err := range w.files(ctx) {
		if err != nil {
			return err
		}
		return errs.New(errs.Exists, "there are files with this prefix already, but no manifest").At(errs.Position{File: w.Dest.Address() + "/" + name}).
			WithFix("another --prefix, or --restart to remove them")
	}
	return nil
}

// discard removes the manifest and the files of the prefix. The manifest goes
// first: files without one are never taken for good.
func (w *work) discard(ctx context.Context) error {
	if err := w.Dest.Delete(ctx, ManifestKey(w.opt.Prefix)); err != nil {
		return err
	}
	if err := w.removePages(ctx); err != nil {
		return err
	}
	for name, err := range w.files(ctx) {
		if err != nil {
			return err
		}
		if err := w.Dest.Delete(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// files yields the names of all chunk files of the prefix.
func (w *work) files(ctx context.Context) func(func(string, error) bool) {
	return func(yield func(string, error) bool) {
		for info, err := range w.Dest.List(ctx, w.opt.Prefix) {
			if err != nil {
				yield("", err)
				return
			}
			if isPart(info.Key, w.opt.Prefix) && !yield(info.Key, nil) {
				return
			}
		}
	}
}

// isPart reports whether name is PREFIX, five digits or more, and an ending.
func isPart(name, prefix string) bool {
	rest := strings.TrimPrefix(name, prefix)
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	switch rest[digits:] {
	case "_data.npz", "_labels.npz", "_data.parquet":
		return digits >= 5
	}
	return false
}

// save puts the manifest, which must be the one that was read, or none.
func (w *work) save(ctx context.Context) error {
	b := w.m.encode()
	info, err := w.put(ctx, ManifestKey(w.opt.Prefix), b, w.at.version)
	if err != nil {
		return err
	}
	w.at = stored{version: info.Version, bytes: len(b), first: len(w.m.Chunks)}
	return nil
}

// put writes an object of the job's state, which must be of that version, or not
// be there when it is "".
func (w *work) put(ctx context.Context, key string, b []byte, version string) (blob.Info, error) {
	info, err := w.Dest.Put(ctx, key, bytes.NewReader(b), int64(len(b)), blob.PutOptions{IfVersion: version, IfAbsent: version == ""})
	if errors.Is(err, errs.Exists) || errors.Is(err, errs.Conflict) {
		return info, errs.New(errs.Conflict, "another process writes chunks here: %w", err).WithFix("wait for it, or another --prefix")
	}
	return info, err
}

// done is what is behind the last whole chunk, in unit. Where the
// place is known by its row only, as in arrays and nodes, it is their share. A
// segment that is begun counts when it is done.
func (w *work) done() (n int64) {
	end := w.m.end().Next
	if rows := w.Data.Rows(); rows > 0 && end.Byte == 0 {
		return int64(float64(w.total()) * float64(end.Row) / float64(rows))
	}
	for i, f := range w.Data.Files() {
		if i >= end.File {
			break
		}
		n += max(f.Size, 0)
	}
	return n + end.Byte
}

func (w *work) result() *Result {
	r := &Result{
		Rows: w.m.Rows, Chunks: len(w.m.Chunks), Bytes: w.m.bytes(), Digest: w.m.Digest, Skipped: w.m.Skipped, Resumed: w.resumed,
		Columns: w.m.Columns, Layout: w.opt.Layout, Manifest: w.Dest.Address() + "/" + ManifestKey(w.opt.Prefix), Need: memory.Need(w.need + w.Pool.Grown()),
	}
	if end := w.m.end(); end.Skip == 0 && len(w.m.Chunks) > 0 {
		r.LeftOut = max(end.Next.Row-end.Skipped-w.m.Rows, 0)
	}
	if w.opt.DType != 0 {
		r.DType = w.opt.DType.String()
	}
	return r
}
