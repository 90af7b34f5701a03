package source

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A Cursor is a place between two rows of a Dataset: where the next segment
// starts. The zero Cursor is the start. It is stored in manifests and
// checkpoints, so its JSON is a format.
type Cursor struct {
	File  int   `json:"file"`            // index into Dataset.Files
	Byte  int64 `json:"byte"`            // in the stored file: of a byte for plain files, of the compressed block's first byte or bit otherwise
	Bit   int   `json:"bit,omitempty"`   // bzip2: bit within Byte, 0–7
	Inner int64 `json:"inner,omitempty"` // bytes to skip after Byte once decompressed
	Line  int64 `json:"line,omitempty"`  // lines before, in this file
	Row   int64 `json:"row"`             // rows before, in the whole Dataset
}

// A File is one file of a Dataset and what tells whether it changed since.
type File struct {
	Address string `json:"address"`
	Size    int64  `json:"size"`    // stored bytes; -1 for standard input
	Version string `json:"version"` // of blob.Info: changes when the content does
}

// A Dataset is rows from one or more files of one format. It is safe for
// concurrent use.
type Dataset interface {
	// Files lists the files in order.
	Files() []File
	// Schema names the columns: of a table its own names and types; of numeric
	// rows one field a column, named by the manifest beside the data or f0, f1, ….
	Schema() *Schema
	// Rows is the number of rows, or -1 when it is known only after reading.
	Rows() int64
	// Segments yields the segments from c on, in order. It may be ranged over
	// again, but by one caller at a time. Leaving the loop stops all reading.
	Segments(ctx context.Context, c Cursor) iter.Seq2[Segment, error]
	// Cost is the most bytes one segment holds, raw and decoded together.
	Cost() int64
	Close() error
}

// A Based is a Dataset that holds memory beside its segments while it is read,
// such as that of a decompressor.
type Based interface {
	Dataset
	Base() int64 // the most bytes
}

// A Counted is a Dataset whose bytes are an estimate, since its rows are not in
// files: progress through it is told in rows.
type Counted interface {
	Dataset
	CountedInRows()
}

// A Segment is one piece of input. Exactly one of Decode and Discard is called.
type Segment interface {
	// Bytes is how much of the stored files this segment stands for, for progress.
	Bytes() int64
	// Decode parses the segment. Safe to call from any goroutine.
	Decode(ctx context.Context) (*Batch, error)
	// Discard gives the segment's memory back undecoded.
	Discard()
}

// A Batch is the rows of one segment: a Block, with Labels where the format
// has them, or a Record.
type Batch struct {
	Rows   int
	First  int64 // rows of the Dataset before this batch, bad ones included
	Block  *dtype.Block
	Labels []float64         // svmlight, or the labels file beside chunk files; nil when there are none
	Record arrow.RecordBatch // CSV, Parquet; nil when Block is set
	Start  errs.Position     // of the first row
	Next   Cursor            // after the last row; Row counts rows of this Dataset, bad ones included
	Bytes  int64             // as Segment.Bytes
	Bad    int64             // rows left out under Options.SkipBadRows
	// Lines are the line numbers of the rows when they are not consecutive from
	// Start.Line (blank lines, comments, quoted line ends, skipped rows).
	Lines []int64
	// Numbers are the numbers of the rows in the Dataset, counted from 0 with
	// the bad ones, when they are not consecutive from First (skipped rows). A
	// row keeps its number whatever the segments are and whatever is skipped.
	Numbers []int64

	free []func()
}

// Number is the number of row i in the Dataset, counted from 0.
func (b *Batch) Number(i int) int64 {
	if b.Numbers != nil {
		return b.Numbers[i]
	}
	return b.First + int64(i)
}

// Line is the 1-based line row i starts on, for formats that have lines.
func (b *Batch) Line(i int) int64 {
	if b.Lines != nil {
		return b.Lines[i]
	}
	return b.Start.Line + int64(i)
}

// Release gives back the memory under the batch.
func (b *Batch) Release() {
	for _, f := range b.free {
		f()
	}
	b.free = nil
}

// OnRelease adds f to what Release calls.
func (b *Batch) OnRelease(f func()) { b.free = append(b.free, f) }

// A Schema is the columns of a Dataset.
type Schema struct {
	Fields []Field `json:"fields"`
	Sparse bool    `json:"sparse,omitempty"` // blocks are CSR
	Labels bool    `json:"labels,omitempty"` // batches carry Labels apart from the columns
	Table  bool    `json:"table,omitempty"`  // batches are Records, not Blocks
}

// A Field is one column.
type Field struct {
	Name string     `json:"name"`
	Kind Kind       `json:"kind"`
	Type dtype.Type `json:"type,omitempty"` // of numbers
}

// A Kind says what a column holds.
type Kind string

// The kinds.
const (
	Number Kind = "number"
	Text   Kind = "text"
	Time   Kind = "time" // Arrow timestamp[us, UTC]
)
