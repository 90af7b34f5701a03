package source

import (
	"io"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/memory"
)

// An Answer is what an option with an "auto" takes. The zero Answer is Auto.
type Answer string

// The answers.
const (
	Auto Answer = "auto"
	Yes  Answer = "yes"
	No   Answer = "no"
)

// Options say how to read. The zero Options read everything as Open finds it.
// No option but those that say so changes the rows, their order or their values.
type Options struct {
	Format string `json:"format,omitempty"` // csv, tsv, svmlight, npy, npz, parquet; "" = by content

	// Columns of tables.
	Columns []string          `json:"columns,omitempty"` // only these, in this order; nil = all
	Types   map[string]string `json:"types,omitempty"`   // column = int64, float64, float32, bool, time, text instead of what is inferred; * = every other column

	// Expect says of what kind columns of text tables are taken to be, by the
	// names of Types, where a sample suggests another (a code that is all
	// digits, a column that is empty so far). Columns that are not there are
	// passed over, Types goes before it, and formats with types of their own
	// have no use for it.
	Expect map[string]string `json:"expect,omitempty"`

	// Text tables.
	Header    Answer   `json:"header,omitempty"`    // is the first row names? auto: it is when no field of it is a number, a time or empty
	Delimiter string   `json:"delimiter,omitempty"` // one byte, or "tab"; "" = found among , ; tab |
	Quote     string   `json:"quote,omitempty"`     // one byte, or "none"; "" = "
	Trim      Answer   `json:"trim,omitempty"`      // leave out spaces after a delimiter; auto: when each delimiter of the sample has one
	NA        []string `json:"na,omitempty"`        // texts that mean missing; nil = DefaultNA
	Sample    int      `json:"sample,omitempty"`    // most rows looked at to infer types; default 10,000 (of the first MiB)

	// Numeric rows.
	DType          dtype.Type `json:"dtype,omitempty"`            // of blocks; zero = float64 for svmlight, as stored for npy and npz
	Features       int        `json:"features,omitempty"`         // width of svmlight; 0 = found by a pass over the data
	ZeroBased      Answer     `json:"zero_based,omitempty"`       // does svmlight count features from 0? auto: when an index 0 is met in the pass for the width, or in the first MiB
	Scale          float64    `json:"scale,omitempty"`            // values are multiplied by it in float64 before they are stored; 0 = 1
	Dense          bool       `json:"dense,omitempty"`            // svmlight as dense rows
	DenseMost      float64    `json:"dense_most,omitempty"`       // with Dense: rows of which the first would take more than this many times their sparse size stay sparse; 0 = none do
	AllowNonFinite bool       `json:"allow_non_finite,omitempty"` // take nan and inf in svmlight

	SkipBadRows  int64 `json:"skip_bad_rows,omitempty"` // most rows left out in one range over Segments
	MaxExpansion int64 `json:"max_expansion,omitempty"` // as codec.Options.MaxExpansion

	// What follows changes speed and memory only.
	SegmentBytes int        `json:"-"` // of text in a segment; default 1 MiB
	SegmentRows  int        `json:"-"` // of stored arrays in a segment; 0 = chosen by the format
	MaxRow       int        `json:"-"` // longest row of text; default 64 MiB
	Workers      int        `json:"-"` // for decompression; default runtime.GOMAXPROCS(0)
	Memory       Memory     `json:"-"` // where large buffers come from; nil = the Go heap
	Events       event.Sink `json:"-"`
	Stdin        io.Reader  `json:"-"` // read for the address "-"; default os.Stdin
}

// Memory gives off-heap memory. FromReservation makes one. It must be safe for
// concurrent use.
type Memory interface {
	// Slab gives n > 0 bytes, 8-byte aligned, not cleared, and their owner, held once.
	Slab(n int) ([]byte, dtype.Owner, error)
}

// FromReservation takes slabs from r, which must have room for Dataset.Cost
// times the number of segments in flight.
func FromReservation(r *memory.Reservation) Memory { return reservation{r} }

type reservation struct{ r *memory.Reservation }

func (r reservation) Slab(n int) ([]byte, dtype.Owner, error) {
	s, err := r.r.Slab(n)
	if err != nil {
		return nil, nil, err
	}
	return s.Bytes(), s, nil
}

// DefaultNA are the texts that mean a missing value when Options.NA is nil: the
// empty text and the list of pandas 2.
var DefaultNA = []string{
	"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan",
	"1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a",
	"nan", "null",
}

const (
	defaultSegment = 1 << 20
	defaultMaxRow  = 64 << 20
	defaultSample  = 10_000
	sampleBytes    = 1 << 20 // of the first file, decompressed, that schema and width are guessed from
)

// fill sets the defaults and refuses what makes no sense.
func (o *Options) fill() error {
	for _, a := range []struct {
		name string
		v    *Answer
	}{{"header", &o.Header}, {"trim", &o.Trim}, {"zero-based", &o.ZeroBased}} {
		switch *a.v {
		case "":
			*a.v = Auto
		case Auto, Yes, No:
		default:
			return errs.New(errs.Invalid, "--%s is %q, expected auto, yes or no", a.name, *a.v)
		}
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = defaultSegment
	}
	if o.MaxRow == 0 {
		o.MaxRow = defaultMaxRow
	}
	if o.Sample == 0 {
		o.Sample = defaultSample
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	if o.NA == nil {
		o.NA = DefaultNA
	}
	switch {
	case o.SegmentBytes < 0, o.MaxRow < 0, o.Sample < 0, o.SegmentRows < 0:
		return errs.New(errs.Invalid, "a size of a segment, row or sample is negative")
	case o.Features < 0 || o.Features > 1<<31-1:
		return errs.New(errs.Invalid, "--features is %d, expected 0 to %d", o.Features, 1<<31-1)
	case o.SkipBadRows < 0:
		return errs.New(errs.Invalid, "--skip-bad-rows is %d, expected 0 or more", o.SkipBadRows)
	case o.DType != 0 && !o.DType.Valid():
		return errs.New(errs.Invalid, "--dtype is %v", o.DType)
	case o.Scale != o.Scale || o.Scale-o.Scale != 0:
		return errs.New(errs.Invalid, "--scale is %v, expected a finite number", o.Scale)
	}
	if max(o.MaxRow, o.SegmentBytes) > 1<<30 {
		return errs.New(errs.Invalid, "a row or segment may have %d bytes, expected at most 1 GiB", max(o.MaxRow, o.SegmentBytes)).WithFix("--max-row 1GiB")
	}
	o.MaxRow = max(o.MaxRow, o.SegmentBytes)
	return nil
}
