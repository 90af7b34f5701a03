package feature

import (
	"fmt"
	"strings"

	"github.com/outcore/outcore/errs"
)

// A Kind says what a column of a Frame holds.
type Kind uint8

// The kinds.
const (
	Number Kind = iota // in Frame.X
	Text               // in Frame.Text
	Time               // in Frame.Time
)

// String is "number", "text" or "time".
func (k Kind) String() string { return [...]string{"number", "text", "time"}[k] }

// MarshalText writes k's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a name.
func (k *Kind) UnmarshalText(b []byte) error {
	for _, c := range []Kind{Number, Text, Time} {
		if c.String() == string(b) {
			*k = c
			return nil
		}
	}
	return errs.New(errs.Invalid, "unknown column kind %q, expected number, text or time", b)
}

// A Field is one column: its name and kind.
type Field struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// A Schema lists the columns of a frame. Columns of one kind stand in a Frame
// in the order they have here: the j-th Number field is column j of X.
type Schema struct {
	Fields []Field `json:"fields"`
}

// Of returns the fields of kind k, in order.
func (s Schema) Of(k Kind) []Field {
	var out []Field
	for _, f := range s.Fields {
		if f.Kind == k {
			out = append(out, f)
		}
	}
	return out
}

// Names returns all column names.
func (s Schema) Names() []string {
	out := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		out[i] = f.Name
	}
	return out
}

// Lookup finds a column: its field, and its index among the columns of its
// kind. An unknown name is errs.NotFound with the nearest name.
func (s Schema) Lookup(name string) (Field, int, error) {
	var count [3]int
	for _, f := range s.Fields {
		if f.Name == name {
			return f, count[f.Kind], nil
		}
		count[f.Kind]++
	}
	return Field{}, 0, errs.New(errs.NotFound, "no column %q%s; have %s", name, errs.Suggest(name, s.Names()), brief(s.Names()))
}

// Brief joins the names of the columns, leaving out the middle of a long list.
func (s Schema) Brief() string { return brief(s.Names()) }

// brief joins names, leaving out the middle of a long list.
func brief(names []string) string {
	if len(names) > 24 {
		names = append(append(append([]string{}, names[:20]...), fmt.Sprintf("… %d more …", len(names)-22)), names[len(names)-2:]...)
	}
	return strings.Join(names, ", ")
}

// A TextColumn is n strings. Value i is Bytes[Offsets[i]:Offsets[i+1]].
// Missing values are those with Valid[i] == false; a nil Valid means none.
type TextColumn struct {
	Offsets []int32 // len n+1; Offsets[0] need not be 0
	Bytes   []byte
	Valid   []bool
}

// At returns string i (over the column's memory) and whether it is there.
func (c *TextColumn) At(i int) (v []byte, ok bool) {
	if c.Valid != nil && !c.Valid[i] {
		return nil, false
	}
	return c.Bytes[c.Offsets[i]:c.Offsets[i+1]], true
}

// A TimeColumn is n instants in microseconds since 1970-01-01 UTC; missing is Missing.
type TimeColumn struct{ Micros []int64 }

// Missing is the value of an instant that is not there.
const Missing int64 = -1 << 63

// A Frame is n rows of a batch on their way through a pipeline. Its parts are
// read-only and valid until Release; a step that changes values writes a new
// Frame, sharing what it leaves alone.
//
// First is the number of the first row. An Assembler counts the rows of the
// data set; a Cutter counts the rows of the pass, which are fewer when rows
// are held out.
type Frame struct {
	N     int          // rows
	First int64        // number, from 0, of row 0
	X     Matrix       // n×d, the Number columns
	Text  []TextColumn // the Text columns
	Time  []TimeColumn // the Time columns
	Y     []float64    // target (class index for classifiers, -1 for no class), len n; nil when there is none
	Label *TextColumn  // the target as text, until a LabelEncoder has made Y of it; stays where a Y is -1
	W     []float64    // weights ≥ 0, len n; nil means all 1

	// Origin is where the rows stand in the data. See Position.
	Origin Origin
	// Mark is the driver's own: where to start reading again to get this frame.
	Mark any
	// Dropped counts the rows an Assembler left out for want of a target.
	Dropped int
	// Borrowed says that parts of the frame are over memory of the batch it was
	// made from, which has to live as long. See Hold.
	Borrowed bool

	free []func() // what Release gives back
}

// Hold gives the memory of the batch f was made from back at the right time:
// with f when f looks into it, now when it does not.
func (f *Frame) Hold(release func()) {
	if f.Borrowed {
		f.OnRelease(release)
	} else {
		release()
	}
}

// OnRelease adds fn to what Release calls.
func (f *Frame) OnRelease(fn func()) { f.free = append(f.free, fn) }

// Release gives the memory under f back. f must not be used after.
func (f *Frame) Release() {
	for _, fn := range f.free {
		fn()
	}
	f.free = nil
}

// Slice is rows lo to hi of f as a view. The view is valid as long as f is:
// its own Release does nothing.
func (f *Frame) Slice(lo, hi int) *Frame {
	v := &Frame{N: hi - lo, First: f.First + int64(lo), Origin: f.Origin.slice(lo, hi), Mark: f.Mark, Borrowed: true}
	if f.X != nil {
		v.X = f.X.Slice(lo, hi)
	}
	for _, c := range f.Text {
		v.Text = append(v.Text, c.slice(lo, hi))
	}
	for _, c := range f.Time {
		v.Time = append(v.Time, TimeColumn{c.Micros[lo:hi]})
	}
	if f.Y != nil {
		v.Y = f.Y[lo:hi]
	}
	if f.W != nil {
		v.W = f.W[lo:hi]
	}
	if f.Label != nil {
		c := f.Label.slice(lo, hi)
		v.Label = &c
	}
	return v
}

func (c *TextColumn) slice(lo, hi int) TextColumn {
	v := TextColumn{Offsets: c.Offsets[lo : hi+1], Bytes: c.Bytes}
	if c.Valid != nil {
		v.Valid = c.Valid[lo:hi]
	}
	return v
}
