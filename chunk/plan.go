package chunk

import (
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
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
func (j Job) Plan() (*Plan, error) {
	w, err := j.plan()
	if err != nil {
		return nil, err
	}
	return &Plan{Options: w.opt, Columns: w.cols, Rows: j.Data.Rows(), Jobs: w.jobs, NeedBytes: w.need + memory.Base}, nil
}

// plan checks the options against the data and predicts the memory.
func (j Job) plan() (*work, error) {
	if j.Budget == nil {
		return nil, errs.New(errs.Invalid, "chunk: no memory budget")
	}
	if j.Pool == nil {
		j.Pool = &source.Pool{}
	}
	j.Jobs = max(j.Jobs, 1)
	schema := j.Data.Schema()
	w := &work{Job: &j, table: schema.Table, cols: len(schema.Fields)}
	var err error
	if w.opt, err = j.Options.fill(schema, w.table); err != nil {
		return nil, err
	}
	if w.cols == 0 {
		return nil, errs.New(errs.Shape, "the data has no columns")
	}
	if w.opt.Layout == Parquet {
		if w.tables, err = NewTableEncoder(arrowSchema(schema), npy.Compression(w.opt.Compress)); err != nil {
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
	w.jobs = j.Jobs
	for w.need = w.predict(); w.jobs > 1 && w.need > j.Budget.Room(); w.need = w.predict() {
		w.jobs--
	}
	return w, nil
}

// window is the segments between the source and the writer.
func (w *work) window() int {
	if w.jobs == 1 {
		return 1
	}
	return 2 * w.jobs
}

// groups is the row groups between the cutter and the writer.
func (w *work) groups() int {
	if w.jobs == 1 {
		return 1
	}
	return w.jobs + 1
}

// heap is what live heap of n bytes takes (docs/memory.md).
func heap(n int64) int64 { return n + n/4 }

// predict is the bytes the job holds at its peak (docs/memory.md, chunk).
func (w *work) predict() int64 {
	need := heap(w.Decoder) + int64(w.window())*w.Data.Cost()
	if w.opt.Layout == Parquet {
		group := w.groupBytes()
		// Held as records by the cutter and the encoders, then encoded; each
		// encoder has a copy of one column and of the result.
		return need + int64(w.groups())*group + int64(w.jobs)*heap(group)
	}
	size := int64(w.opt.DType.Size())
	if !w.Ready || w.table {
		need += int64(w.window()) * w.converted(size)
	}
	data := npy.Options{Compress: npy.Compression(w.opt.Compress), Workers: w.jobs}
	column := data
	column.Vector = true
	if w.opt.Layout == NPZCSR {
		need += heap(3 * data.Memory(w.opt.DType, 1))
	} else {
		need += heap(data.Memory(w.opt.DType, w.cols))
	}
	return need
}

// converted is the most bytes a segment's rows take in the type of the files.
func (w *work) converted(size int64) int64 {
	if w.table {
		return memory.SlabSize(w.Data.Cost() * size / 8)
	}
	from := int64(w.Data.Schema().Fields[0].Type.Size())
	return memory.SlabSize(w.Data.Cost() * max(size, from) / from)
}

// groupBytes is what the records of a row group take: the numbers, and of texts
// textGuess bytes each.
func (w *work) groupBytes() int64 {
	var row int64
	for _, f := range w.Data.Schema().Fields {
		switch {
		case f.Kind == source.Text:
			row += 4 + textGuess
		case f.Kind == source.Number && f.Type != dtype.Bool:
			row += int64(f.Type.Size())
		default:
			row += 8
		}
	}
	return min(w.opt.RowGroup, w.opt.Rows) * row * 9 / 8
}

// textGuess is the bytes of a text in a table; longer ones need a larger
// --memory or a smaller --row-group.
const textGuess = 24
