package chunk

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"runtime"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/table"
)

// A NodePlan is what a NodeJob would do.
type NodePlan struct {
	Options    NodeOptions `json:"options"`
	Columns    int         `json:"columns"`
	Rows       int64       `json:"rows"`        // of the data; -1 when reading alone tells
	CommitRows int64       `json:"commit_rows"` // of a commit
	Jobs       int         `json:"jobs"`        // as many as the memory allows
	NeedBytes  int64       `json:"need_bytes"`  // the cap (--memory) that suffices
}

// Plan says what Run would do, without writing anything.
func (j NodeJob) Plan(ctx context.Context) (*NodePlan, error) {
	n, err := j.plan(ctx)
	if err != nil {
		return nil, err
	}
	return &NodePlan{Options: n.node, Columns: n.cols, Rows: n.Data.Rows(), CommitRows: n.opt.Rows, Jobs: n.jobs, NeedBytes: memory.Need(n.need)}, nil
}

// plan checks the options against the data and predicts the memory.
func (j NodeJob) plan(ctx context.Context) (*nodeWork, error) {
	if j.Path == "/" {
		return nil, errs.New(errs.Invalid, "the root of a repository holds other nodes").At(errs.Position{File: j.address()}).WithFix("name a node: ADDRESS#/name")
	}
	w, err := newWork(&j.Job)
	if err != nil {
		return nil, err
	}
	n := &nodeWork{work: w, to: &j}
	w.Options = Options{Layout: j.Node.Layout}
	if err := w.keepSparse(ctx, SparseLayout, ArrayLayout); err != nil {
		return nil, err
	}
	j.Node.Layout = w.Options.Layout
	if j.Node.Layout == TableLayout {
		if err := w.tabulate(); err != nil {
			return nil, err
		}
	}
	schema := w.Data.Schema()
	if n.node, err = j.Node.fill(schema); err != nil {
		return nil, err
	}
	w.opt = Options{Layout: n.node.Layout, DType: n.node.DType, Scale: n.node.Scale}
	w.row.decoded = 8
	if err := n.measure(ctx, schema); err != nil {
		return nil, err
	}
	files, repeat := rounds(w.Data.Files())
	n.made = &made{
		Options: n.node, Reading: j.Identity, Columns: w.cols, Schema: fmt.Sprint(byName(bare(schema))),
		Files: len(files), Sources: files, Repeat: repeat,
	}
	if err := w.fit(ctx, n.predict); err != nil {
		return nil, err
	}
	n.sendMore()
	return n, nil
}

// mostSending is how many chunks are sent to an object store at once, which
// takes long to answer, where the memory allows it.
const mostSending = 8

// sendMore lets more chunks be written at once than there are workers, where
// they go to an object store and there is memory for them.
func (n *nodeWork) sendMore() {
	if a, err := blob.ParseAddress(n.to.Repository.Address()); err == nil && a.Local() {
		return
	}
	for most := mostSending; most > n.jobs; most-- {
		n.sending = most
		if need := n.predict(); need <= n.Budget.Room() {
			n.need = need
			return
		}
	}
	n.sending = 0
	n.need = n.predict()
}

// writers is how many chunks are encoded and written at once: encoding takes a
// core each.
func (n *nodeWork) writers() int { return max(min(n.jobs, runtime.GOMAXPROCS(0)), n.sending) }

// fewer reports whether the job goes on with less at once, after it had no memory
// for rows longer than any before.
func (n *nodeWork) fewer(err error) bool {
	var refused *memory.RefusedError
	if n.jobs == 1 && n.sending > 1 && errors.As(err, &refused) {
		n.sending = 0
		return true
	}
	n.sending = 0
	return n.work.fewer(err)
}

// measure chooses the rows of a chunk and of a commit by the first segment or,
// for standard input, by the types of the columns.
func (n *nodeWork) measure(ctx context.Context, s *source.Schema) error {
	var values float64 // of a sparse row
	if files := n.Data.Files(); len(files) > 0 && files[0].Size >= 0 && (n.node.Layout == SparseLayout || n.node.Layout == TableLayout) {
		for seg, err := range n.Data.Segments(ctx, source.Cursor{}) {
			if err != nil {
				return err
			}
			b, err := seg.Decode(ctx)
			if err != nil {
				return err
			}
			defer b.Release()
			if b.Rows > 0 && b.Record != nil {
				n.texts = textBytes(b.Record)
			} else if b.Rows > 0 {
				values = float64(b.Block.Len()) / float64(b.Rows)
			}
			break
		}
	}
	rows := n.node.ChunkRows
	switch n.node.Layout {
	case TableLayout:
		if rows == 0 {
			rows = table.ChunkRows(s, n.texts)
			n.node.ChunkRows = rows
		}
	case ArrayLayout:
		if rows == 0 {
			rows = table.MatrixChunkRows(n.node.DType, n.cols)
			n.node.ChunkRows = rows
		}
	case SparseLayout:
		rows = 1 << (bits.Len(uint(table.SparseValues/max(values, 1))) - 1)
	}
	n.opt.Rows = int64(rows) * int64(n.node.CommitEvery)
	if n.node.commitRows > 0 {
		n.opt.Rows = n.node.commitRows
	}
	return nil
}

// textBytes is the bytes of a text on average, at the places of text columns.
func textBytes(rec arrow.RecordBatch) []float64 {
	sizes := make([]float64, rec.NumCols())
	for j, c := range rec.Columns() {
		switch c.(type) {
		case *array.String, *array.Dictionary:
			one := recordBytes{texts: []arrow.Array{c}}
			sizes[j] = float64(one.bytes(0, rec.NumRows())) / float64(rec.NumRows())
		}
	}
	return sizes
}

const (
	fastEncoder = 5 << 19  // what one encoder of zstd was seen to hold beside the chunk, and its garbage
	maxEncoder  = 14 << 20 // at its higher level
	committing  = 4 << 20  // references and manifests of a commit, and what is kept of the snapshot
	eachArray   = 1 << 19  // the same of each array of a table, up to ten: they are written one after another
)

// predict is the bytes the job holds at its peak (docs/memory.md, chunk).
func (n *nodeWork) predict() int64 {
	need := n.reading() + committing
	switch n.node.Compress {
	case table.Fast:
		need += int64(n.writers()) * fastEncoder
	case table.Max:
		need += int64(n.writers()) * maxEncoder
	}
	switch n.node.Layout {
	case TableLayout:
		var writer int64
		writer, n.textRoom = table.WriterMemory(n.Data.Schema(), n.node.ChunkRows, n.texts, n.writers())
		return need + int64(n.window())*n.objects() + writer + committing/4 + min(int64(n.cols), 10)*eachArray
	case ArrayLayout:
		return need + n.converting() + table.MatrixMemory(n.node.DType, n.cols, n.node.ChunkRows, n.node.Compress, n.writers())
	}
	return need + n.converting() + table.SparseMemory(n.node.DType, n.writers())
}
