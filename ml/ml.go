// Package ml is the contract of learning: what a step of a pipeline is, what
// it may do, and how it is found by name.
//
// A Step is one of the parts of a pipeline. It is told by small interfaces:
//
//   - Transformer maps frames to frames (a scaler, an encoder);
//   - Exact is a Transformer that first learns from all rows, by summaries of
//     canonical blocks of BlockRows rows that any worker may compute and that
//     are merged in order: the same bits for any workers, files and engine;
//   - Learner changes with each batch, in order;
//   - Predictor and Classifier answer.
//
// One pass over the rows is an epoch. The unit of learning is the batch, a
// number of rows counted from the first row of the epoch; borders of files
// and chunks never show.
//
// The package does not read data (train does) and knows no step (families
// register theirs, see Register).
package ml

import (
	"encoding/json"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// BlockRows is the size of a canonical block: exact steps are accumulated per
// block of this many rows of the global order.
const BlockRows = 4096

// ErrNotFitted is what a step answers before it has learned what it needs.
var ErrNotFitted = errs.New(errs.Invalid, "the step has not learned from any data yet").WithFix("fit it first: outcore train")

// A Step is one step of a pipeline. Save gives what it learned: config is
// marshalled to JSON (parameters are kept apart, by the pipeline), arrays are
// stored raw and may share memory with the step. Load is given what Save gave
// and leaves the step as if it had learned it itself: learning on gives the
// same bits as never having saved. Load checks every name, type and shape and
// returns errs.Corrupt or errs.Shape, never panics.
type Step interface {
	Save() (config any, arrays []dtype.Named)
	Load(config json.RawMessage, arrays []dtype.Named) error
}

// A Transformer maps frames to frames.
type Transformer interface {
	Step
	// Bind gives the schema of what Transform makes of frames of schema in. It
	// is called once, before Transform and before anything is learned, and is
	// where columns that are missing or of a wrong kind are found. An Exact
	// step whose output depends on the data answers ErrNotFitted from Bind
	// until Finish was called, and is then bound again.
	Bind(in feature.Schema) (out feature.Schema, err error)
	// Transform makes a new frame of src, sharing what it leaves alone; N, First,
	// Y, Label and W are src's. scratch, from the same step's NewScratch or nil,
	// holds memory for the result: the frame is valid until the scratch is used
	// again or src is released. Safe for concurrent use with different scratch.
	Transform(src *feature.Frame, scratch *Scratch) (*feature.Frame, error)
}

// Scratch is memory a Transform may write its result into. The zero Scratch is
// ready; it belongs to one worker and grows as needed.
type Scratch struct {
	F64   []float64
	F32   []float32
	I64   []int64
	I32   []int32
	Codes []int32 // of categories, until the step has put them in their places
}

// Floats returns n float64 of s, of unspecified values. A nil s allocates.
func (s *Scratch) Floats(n int) []float64 {
	if s == nil {
		return make([]float64, n)
	}
	if cap(s.F64) < n {
		s.F64 = make([]float64, n)
	}
	return s.F64[:n]
}

// A Part is an Exact step's summary of one block. Its type is the step's own.
type Part any

// An Exact step learns from all rows before it transforms any.
type Exact interface {
	Transformer
	// Part summarises a block without changing the step; safe for concurrent use.
	Part(f *feature.Frame) (Part, error)
	// Merge adds the summary of the next block. Parts come in row order, one at
	// a time.
	Merge(p Part) error
	// Finish says that the pass is over; Transform may be called from now on.
	// Merge may go on after it (online learning), and Finish be called again.
	Finish() error
}

// A Grower is an Exact step that counts values, so that its memory follows the
// data.
type Grower interface {
	Exact
	// Footprint is about the bytes of what was counted so far.
	Footprint() int64
	// Unseen estimates, taking what was counted for a sample of so many rows,
	// what is still to come: columns that come out, and bytes of Footprint.
	Unseen(rows int64) (columns int, bytes int64)
}

// A Batch is n examples. Methods that receive one neither keep nor change it.
type Batch struct {
	X feature.Matrix // n×d
	Y []float64      // length n: target, or class index in [0,k); nil when unlabelled
	W []float64      // length n, each ≥ 0; nil means all 1
}

// A Toucher is a Transformer that reads and changes only some columns of its
// input (by name, whatever it gives of them) and passes all others on as they
// are. Exact steps that touch different columns are fitted in one pass.
type Toucher interface {
	Touches(in feature.Schema) []string
}

// A Learner updates its model from one batch after another.
type Learner interface {
	Step
	// PartialFit learns from b. The first batch fixes the number of columns. It
	// checks b before changing anything: on errs.Shape or errs.Invalid the model
	// is as it was. Not safe for concurrent use.
	PartialFit(b Batch) error
}

// A Predictor answers one number a row: the regression value, or the index of
// the class.
type Predictor interface {
	Step
	// Predict writes one prediction a row of x into dst, grown if needed, and
	// returns dst[:n]. Safe for concurrent use while nothing learns.
	Predict(dst []float64, x feature.Matrix) ([]float64, error)
}

// A Classifier is a Predictor that knows how sure it is.
type Classifier interface {
	Predictor
	// SetClasses fixes the class names before the first batch. k ≥ 2.
	SetClasses(names []string) error
	Classes() []string
	// PredictProba writes n×k probabilities, row-major, columns as Classes. A
	// loss without probabilities (hinge) answers errs.Unsupported.
	PredictProba(dst []float64, x feature.Matrix) ([]float64, error)
}

// A LossReporter is a Learner that knows the loss of the batch it just learned
// from, measured on each row before the row was learned (progressive loss).
type LossReporter interface {
	LastLoss() (sum float64, rows int)
}
