package chunk

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/codec/deflate"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/npy"
	"github.com/outcore/outcore/source"
)

// A Plan is what a job would do.
type Plan struct {
	Options   Options `json:"options"`
	Columns   int     `json:"columns"`
	Rows      int64   `json:"rows"`       // of the data; -1 when reading alone tells
	Jobs      int     `json:"jobs"`       // as many as the memory allows
	NeedBytes int64   `json:"need_bytes"` // the cap (--memory) that suffices
}

// Plan says what Run would do, without writing anything.
func (j Job) Plan(ctx context.Context) (*Plan, error) {
	w, err := j.plan(ctx)
	if err != nil {
		return nil, err
	}
	return &Plan{Options: w.opt, Columns: w.cols, Rows: j.Data.Rows(), Jobs: w.jobs, NeedBytes: memory.Need(w.need)}, nil
}

// plan checks the options against the data and predicts the memory.
func (j Job) plan(ctx context.Context) (*work, error) {
	w, err := newWork(&j)
	if err != nil {
		return nil, err
	}
	if err := w.keepSparse(ctx, NPZCSR, NPZ); err != nil {
		return nil, err
	}
	if w.Options.Layout == Parquet {
		if err := w.tabulate(); err != nil {
			return nil, err
		}
	}
	schema := w.Data.Schema()
	if w.opt, err = j.Options.fill(schema, w.table); err != nil {
		return nil, err
	}
	if w.opt.Layout == Parquet {
		w.jobs = 1
		// Measuring takes memory too, so what the machine has no room for is refused
		// without. Else it is told what it takes, not the least that it might.
		limit, _ := memory.Limit()
		if least := w.predict(); least > j.Budget.Room() && (least > limit-memory.Base || w.Data.Cost() > 2*mostGauged) {
			return nil, refused(least, j.Budget)
		}
		if w.tables, err = NewTableEncoder(arrowSchema(schema), npy.Compression(w.opt.Compress)); err != nil {
			return nil, err
		}
		w.tables.Workers(min(j.Jobs, runtime.GOMAXPROCS(0)))
		if err := w.measure(ctx); err != nil {
			return nil, err
		}
	}
	stored := bare(schema)
	stored.Table = w.opt.Layout == Parquet
	stored.Sparse = w.opt.Layout == NPZCSR
	files, repeat := rounds(j.Data.Files())
	w.now = &Manifest{
		Format: ManifestFormat, Columns: w.cols, Schema: stored, Options: w.opt, Reading: j.Identity,
		Sources: files, Repeat: repeat, Chunks: []Chunk{},
	}
	return w, w.fit(ctx, w.predict)
}

// newWork begins the planning of a job.
func newWork(j *Job) (*work, error) {
	if j.Budget == nil {
		return nil, errs.New(errs.Invalid, "chunk: no memory budget")
	}
	if j.Pool == nil {
		j.Pool = &source.Pool{}
	}
	j.Jobs = max(j.Jobs, 1)
	schema := j.Data.Schema()
	w := &work{Job: j, table: schema.Table, cols: len(schema.Fields), left: 1}
	if w.cols == 0 {
		return nil, errs.New(errs.Shape, "the data has no columns")
	}
	return w, nil
}

// tabulate makes records of dense rows.
func (w *work) tabulate() (err error) {
	if s := w.Data.Schema(); s.Table || s.Sparse {
		return nil
	}
	w.Data, err = source.Tabular(w.Data, w.Pool)
	if err == nil {
		w.table, w.cols = true, len(w.Data.Schema().Fields)
	}
	return err
}

// fit chooses as many workers as the memory allows.
func (w *work) fit(ctx context.Context, predict func() int64) error {
	w.jobs = w.Jobs
	if err := w.gauge(ctx); err != nil {
		return err
	}
	w.squeeze(ctx)
	for w.need = predict(); w.jobs > 1 && w.need > w.Budget.Room(); w.need = predict() {
		w.jobs--
	}
	return nil
}

// SparseFrom is how many times more sparse rows must take as dense ones for
// npz-csr to be the layout when none is asked for.
const SparseFrom = 20

// keepSparse makes the sparse layout that of sparse rows whose first segment
// would be much larger dense, where none is asked for.
func (w *work) keepSparse(ctx context.Context, sparse, dense string) error {
	if w.Options.Layout != "" || !w.Data.Schema().Sparse {
		return nil
	}
	ratio := math.Inf(1) // standard input that the source kept sparse: it is read once
	if files := w.Data.Files(); len(files) > 0 && files[0].Size >= 0 {
		for seg, err := range w.Data.Segments(ctx, source.Cursor{}) {
			if err != nil {
				return err
			}
			b, err := seg.Decode(ctx)
			if err != nil {
				return err
			}
			ratio = source.DenseRatio(int64(b.Rows), int64(w.cols), int64(b.Block.Len()), b.Block.Type)
			b.Release()
			break
		}
	}
	if ratio <= SparseFrom {
		return nil
	}
	w.Options.Layout = sparse
	times := "many"
	if !math.IsInf(ratio, 1) {
		times = fmt.Sprintf("%.0f", ratio)
	}
	w.Events.Send(event.Event{Kind: event.Warning, Step: stepName,
		Message: fmt.Sprintf("rows of %d columns would take %s times as much dense: writing %s; --layout %s writes them all the same", w.cols, times, sparse, dense)})
	return nil
}

// refused is what Reserve says of n bytes.
func refused(n int64, b *memory.Budget) error {
	return &memory.RefusedError{What: stepName, Want: n, Need: memory.Need((n + 1<<20 - 1) >> 20 << 20), Cap: b.Cap()}
}

// decoders is the workers that decode: text takes a core each, and more of them
// would hold memory only.
func (w *work) decoders() int {
	if _, text := w.Data.(source.Based); text {
		return min(w.jobs, runtime.GOMAXPROCS(0))
	}
	return w.jobs
}

// window is the segments between the source and the writer.
func (w *work) window() int {
	if w.jobs == 1 {
		return 1
	}
	return 2 * w.decoders()
}

// groups is the row groups between the cutter, which fills one, and the writer;
// the others are being encoded, which takes a core each. Encoding costs less than
// parsing.
func (w *work) groups() int { return min(w.jobs, runtime.GOMAXPROCS(0)) }

// segments is what those in flight take: each worker that has a core decodes
// one, the others wait.
func (w *work) segments() int64 {
	window := int64(w.window())
	if w.decoding == 0 {
		return window * w.Data.Cost()
	}
	busy := min(window, int64(min(w.decoders(), runtime.GOMAXPROCS(0))))
	return busy*w.decoding + (window-busy)*w.decoded
}

// A gauged data set knows what its segments take: while they are decoded, and
// while they wait to be written; and what the names of its columns do.
type gauged interface {
	Gauge() (decoding, decoded, names int64)
}

// mostGauged is the bytes up to which a segment is decoded only to be measured.
const mostGauged = 24 << 20

// gauge finds what a segment of text takes from the first one: its Cost is the
// most that any text of its length could take.
func (w *work) gauge(ctx context.Context) error {
	if g, ok := w.Data.(gauged); ok {
		w.decoding, w.decoded, w.names = g.Gauge()
		return nil
	}
	if _, node := w.Data.(source.Counted); node {
		if w.decoding > 0 {
			return nil
		}
		return w.gaugeNode(ctx)
	}
	files := w.Data.Files()
	if _, text := w.Data.(source.Based); !text || files[0].Size < 0 || w.Data.Cost() > mostGauged || w.decoding > 0 {
		return nil
	}
	for s, err := range w.Data.Segments(ctx, source.Cursor{}) {
		if err != nil {
			return err
		}
		text := textOf(s)
		if text == 0 {
			s.Discard()
			return nil
		}
		b, err := s.Decode(ctx)
		if err != nil {
			return err
		}
		defer b.Release()
		w.gaugeBy(text, b)
		return nil
	}
	return nil
}

// gaugeNode does the same for a node: of an array it is known, with what is stored
// while it is decoded, but a table does not say how long its texts are.
func (w *work) gaugeNode(ctx context.Context) error {
	for s, err := range w.Data.Segments(ctx, source.Cursor{}) {
		if err != nil {
			return err
		}
		if m, ok := s.(source.Measured); ok && !w.table {
			_, n := m.Extent()
			w.decoding, w.decoded = w.Data.Cost(), min(w.Data.Cost(), memory.SlabSize(n))
			return nil
		}
		if w.Data.Cost() > mostGauged*2 {
			return nil
		}
		b, err := s.Decode(ctx)
		if err != nil {
			return err
		}
		defer b.Release()
		w.gaugeBy(0, b)
		return nil
	}
	return nil
}

// sampled is the bytes of rows that are compressed to foretell how the rest is.
const sampled = 256 << 10

// squeeze finds how large a part of a block of numbers is left after compression,
// by the first rows; of those that cannot be read yet it is all.
func (w *work) squeeze(ctx context.Context) {
	if w.opt.Layout != NPZ || npy.Compression(w.opt.Compress) == npy.None || w.Data.Cost() > mostGauged {
		return
	}
	if files := w.Data.Files(); len(files) > 0 && files[0].Size < 0 {
		return // read once
	}
	decode := w.decoder()
	for in, err := range w.Data.Segments(ctx, source.Cursor{}) {
		if err != nil {
			return
		}
		s, err := decode(ctx, in)
		if err != nil {
			return
		}
		defer s.release()
		if s.rows == nil {
			return
		}
		block := s.rows.Block
		n := min(block.Rows, sampled/(block.Cols*block.Type.Size()))
		if block = block.Slice(0, n); block.Sparse() {
			block = dense(block)
		}
		z := deflate.NewWriter(io.Discard, deflate.Options{Workers: 1})
		z.Write(block.Data) //nolint:errcheck // nothing is written to
		if err := z.Close(); err == nil && z.Size() > 0 {
			w.left = min(1, float64(z.Stored())/float64(z.Size()))
		}
		return
	}
}

// textOf is the bytes of text that a segment is, 0 of other segments.
func textOf(s source.Segment) (text int64) {
	if m, ok := s.(source.Measured); ok {
		_, text = m.Extent()
	}
	return text
}

// gaugeBy takes what segments take from the first, of so many bytes of text.
func (w *work) gaugeBy(text int64, b *source.Batch) {
	if _, node := w.Data.(source.Counted); node && b.Record != nil {
		w.decoded = decodedBytes(b)
		w.decoding = w.decoded + w.decoded/2 // rows may be longer, and a column is held as it is stored
		return
	}
	if _, based := w.Data.(source.Based); !based || text == 0 || w.Data.Cost() > mostGauged {
		return
	}
	w.decoded = decodedBytes(b)
	w.decoding = memory.SlabSize(text) + w.decoded + w.decoded/4
	w.decoded = max(w.decoded, memory.SlabSize(text))
}

// decodedBytes is the memory under a batch.
func decodedBytes(b *source.Batch) int64 {
	if b.Record != nil {
		var n uint64
		for _, c := range b.Record.Columns() {
			n += c.Data().SizeInBytes()
		}
		return memory.SlabSize(int64(n))
	}
	x := b.Block
	return memory.SlabSize(int64(len(x.Data)) + 8*int64(len(x.Indptr)+len(b.Labels)) + 4*int64(len(x.Indices)))
}

// predict is the bytes the job holds at its peak (docs/memory.md, chunk).
func (w *work) predict() int64 {
	need := w.reading()
	if w.opt.Layout == Parquet {
		need += int64(w.window())*w.objects() + int64(w.groups())*w.group() + int64(max(w.groups()-1, 1))*w.encoding(w.row.encoded)
		if w.groups() > 1 { // texts are Go heap, where garbage needs room too
			need += int64(1.5 * w.groupRows() * w.row.texts)
		}
		return need
	}
	need += w.converting()
	if w.ofArrays() {
		need = max(0, need-arraysLess)
	}
	data := npy.Options{Compress: npy.Compression(w.opt.Compress), Workers: w.jobs}
	if w.opt.Layout == NPZCSR {
		need += data.MemoryCSR()
	} else {
		need += data.Memory(w.opt.DType, w.cols, w.left)
	}
	if w.Data.Schema().Labels {
		data.Vector = true
		need += data.Memory(w.opt.DType, 1, 1)
	}
	return max(need, 2*w.names) // which were made with as much garbage, before
}

// ofArrays reports whether rows come from files of arrays, as they are.
func (w *work) ofArrays() bool {
	switch w.Data.(type) {
	case source.Based, source.Counted: // text, what is made of rows, nodes
		return false
	}
	return !w.table
}

// arraysLess is how much less of the program's pages is used, of those that
// memory.Base counts, where rows are arrays and stay so.
const arraysLess = 3 << 20

// reading is what reading and decoding hold.
func (w *work) reading() int64 {
	return w.Decoder + w.segments() + max(w.names, fieldBytes*int64(w.cols))
}

// converting is what the segments in flight take in the type of the files.
func (w *work) converting() int64 {
	if w.Ready && !w.table {
		return 0
	}
	return int64(w.window()) * w.converted(int64(w.opt.DType.Size()))
}

// converted is the most bytes a segment's rows take in the type of the files.
func (w *work) converted(size int64) int64 {
	if w.table {
		return memory.SlabSize(w.Data.Cost() * size / 8)
	}
	stored := w.Data.Schema().Fields[0].Type
	if stored == w.opt.DType && w.opt.Scale == 1 {
		return 0
	}
	from := int64(stored.Size())
	return memory.SlabSize(w.Data.Cost() * max(size, from) / from)
}

// A rowSize is the bytes of a row of a table: of its values (recordBytes), in
// records, and in a row group; and of its texts in records.
type rowSize struct{ values, decoded, encoded, texts float64 }

const (
	rowSlack     = 1.25    // the first rows may be shorter than others, and slabs have room at their ends
	encoderBytes = 1 << 20 // tables of dictionaries
	encoderRow   = 30      // a value of one column, its code, and as pages before and after compression
	encodedCopy  = 4       // a row group encoded, where it grows, and garbage
	objectBytes  = 768     // Go heap of a column of a record, and of a column chunk
	mostRecords  = 64      // of a row group: each is a segment or part of one
	headerBytes  = 128     // of the pages of a column
	fieldBytes   = 64      // of the name and type of a column
	textGuess    = 24      // bytes of a text that was not seen
	rowsSlack    = 2       // later rows may be shorter than the first
)

// objects is the Go heap of a record beside its values.
func (w *work) objects() int64 { return objectBytes * int64(w.cols) }

// groupRows is the most rows of a row group, by what is known before.
func (w *work) groupRows() float64 {
	rows := float64(min(w.opt.RowGroup, w.opt.Rows))
	if w.rows > 0 {
		rows = min(rows, w.rows)
	}
	if w.row.values > 0 {
		rows = min(rows, max(1, DefaultGroupBytes/w.row.values))
	}
	return rows
}

// group is the bytes of a row group as records: large ones, and the last small
// ones that are not joined yet.
func (w *work) group() int64 {
	size := int64(w.groupRows() * w.row.decoded)
	records := size/int64(smallColumn*w.cols) + int64(mostSmall(w.cols))
	return size + min(records, mostRecords)*w.objects()
}

// encoding is what it takes to encode a row group whose rows take so many bytes.
func (w *work) encoding(row float64) int64 {
	return int64(w.groupRows()*(encodedCopy*row+encoderRow)) + encoderBytes + w.objects()
}

// unforeseen is what encoding g takes beyond encoding: its rows may be longer
// than the first were, and a text is in one page.
func (w *work) unforeseen(g *Group) int64 {
	const seen = 1 << 20 // a page
	var extra int64
	if more := g.Bytes - int64(w.groupRows()*w.row.values); more > 0 {
		extra = encodedCopy * more
	}
	if longest := g.longest(); longest > seen {
		extra += 3 * longest
	}
	return extra
}

// measure finds the size of a row, and about how many there are, from the first
// segment or, for standard input, from the types of the columns.
func (w *work) measure(ctx context.Context) error {
	if files := w.Data.Files(); len(files) > 0 && files[0].Size >= 0 {
		for s, err := range w.Data.Segments(ctx, source.Cursor{}) {
			if err != nil {
				return err
			}
			text := textOf(s)
			b, err := s.Decode(ctx)
			if err != nil {
				return err
			}
			defer b.Release()
			w.gaugeBy(text, b)
			if b.Rows == 0 {
				break
			}
			g, err := w.tables.Encode([]arrow.RecordBatch{b.Record})
			if err != nil {
				return err
			}
			var total, texts uint64
			for j, c := range b.Record.Columns() {
				total += c.Data().SizeInBytes()
				if w.Data.Schema().Fields[j].Kind == source.Text {
					texts += c.Data().SizeInBytes()
				}
			}
			n := float64(b.Rows) / rowSlack
			values := sizeOf(b.Record)
			w.row = rowSize{float64(values.bytes(0, int64(b.Rows))) / n, float64(total) / n, max(1, float64(g.Bytes()-headerBytes*w.cols)) / n, float64(texts) / n}
			if rows := w.Data.Rows(); rows >= 0 {
				w.rows = float64(rows)
			} else if stored := w.total(); stored > 0 && b.Bytes > 0 {
				w.rows = rowsSlack * float64(stored) / float64(b.Bytes) * float64(b.Rows)
			}
			return nil
		}
	}
	for _, f := range w.Data.Schema().Fields {
		w.row.decoded += 8
		if f.Kind == source.Text {
			w.row.decoded += textGuess
			w.row.texts += textGuess
		}
	}
	w.row.encoded = w.row.decoded
	w.row.values = w.row.decoded
	return nil
}
