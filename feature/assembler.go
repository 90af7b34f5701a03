package feature

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A Column is one column of a source: of a table, or of blocks of numbers.
type Column struct {
	Name string
	Kind Kind
	Type dtype.Type // of numbers, as stored
}

// Roles say what the columns of a source are for. Names that the source does
// not have are errs.NotFound.
type Roles struct {
	// Inputs, when not nil, are the columns of the frames, in this order and of
	// these kinds: a fitted pipeline's input. Nil means every column of the
	// source that has no other role.
	Inputs []Field
	Target string // column to predict; "" for none, or when Labels is set
	Labels bool   // the target comes apart from the columns (svmlight, label files)
	Weight string // column of weights; "" for none
	Leave  []string
	// Classes says that the target is classes: numbers become texts ("3", "0.5")
	// in Frame.Label. A text target is always in Frame.Label, any other in Frame.Y.
	Classes bool
	// DropMissing leaves out rows without a target and counts them in
	// Frame.Dropped; otherwise such a row is an error.
	DropMissing bool
	// Keep, when not nil, says which rows, by their number in the data set, the
	// frames hold (see Held).
	Keep func(row int64) bool
}

// An Assembler is the one door from a source's batches to frames: blocks by
// FromBlock, Arrow records by package feature/record. It is bound to the
// source's columns and their roles before data flows, and safe for concurrent
// use.
//
// The numbers of a frame are float32 when every number column is stored in a
// type that float32 holds exactly (float32, 8- and 16-bit integers, bool),
// else float64. Missing numbers are NaN.
type Assembler struct {
	// Alloc gives the memory of frames that do not look into their batch; nil
	// is Recycled. Set it before the first frame.
	Alloc Alloc

	cols   []Column
	roles  Roles
	schema Schema
	source []int // schema field → source column
	target int   // source column, or -1
	weight int   // source column, or -1
	single bool  // X is float32
}

// NewAssembler binds roles to the columns of a source.
func NewAssembler(cols []Column, roles Roles) (*Assembler, error) {
	a := &Assembler{cols: cols, roles: roles, target: -1, weight: -1, single: true}
	index, err := indexOf(cols)
	if err != nil {
		return nil, err
	}
	names := func() []string {
		out := make([]string, len(cols))
		for i, c := range cols {
			out[i] = c.Name
		}
		return out
	}
	find := func(role, name, fix string) (int, error) {
		if i, ok := index(name); ok {
			return i, nil
		}
		return 0, errs.New(errs.NotFound, "%s: no column %q%s; have %s", role, name, errs.Suggest(name, names()), brief(names())).WithFix("%s", fix)
	}
	used := make(map[int]bool)
	if roles.Target != "" {
		if a.target, err = find("target", roles.Target, "--target with one of these"); err != nil {
			return nil, err
		}
		if cols[a.target].Kind == Time {
			return nil, errs.New(errs.Unsupported, "target %s is a time, expected a number or a text", roles.Target)
		}
		used[a.target] = true
	}
	if roles.Weight != "" {
		if a.weight, err = find("weight", roles.Weight, "--weight with one of these"); err != nil {
			return nil, err
		}
		if cols[a.weight].Kind != Number || a.weight == a.target {
			return nil, errs.New(errs.Invalid, "weight %s is a %s column, expected a number column besides the target", roles.Weight, cols[a.weight].Kind)
		}
		used[a.weight] = true
	}
	for _, name := range roles.Leave {
		i, err := find("columns to leave out", name, "--leave with some of these")
		if err != nil {
			return nil, err
		}
		used[i] = true
	}
	if roles.Inputs != nil {
		err = a.bindInputs(find)
	} else {
		a.schema.Fields, a.source = make([]Field, 0, len(cols)), make([]int, 0, len(cols))
		for i, c := range cols {
			if len(used) == 0 || !used[i] {
				a.add(i, Field{Name: c.Name, Kind: c.Kind})
			}
		}
	}
	return a, err
}

// indexOf gives the function that finds a column by name; an error when two have
// the same. The names of a million numbered columns (f0, f1, …) come in order,
// by length and then by letters: these need no map.
func indexOf(cols []Column) (func(name string) (int, bool), error) {
	compare := func(c Column, name string) int {
		return cmp.Or(cmp.Compare(len(c.Name), len(name)), strings.Compare(c.Name, name))
	}
	ordered := true
	for i := 1; i < len(cols) && ordered; i++ {
		ordered = compare(cols[i-1], cols[i].Name) < 0
	}
	if ordered {
		return func(name string) (int, bool) { return slices.BinarySearchFunc(cols, name, compare) }, nil
	}
	index := make(map[string]int, len(cols))
	for i, c := range cols {
		if _, twice := index[c.Name]; twice {
			return nil, errs.New(errs.Invalid, "two columns are named %q", c.Name)
		}
		index[c.Name] = i
	}
	return func(name string) (int, bool) {
		i, ok := index[name]
		return i, ok
	}, nil
}

// bindInputs takes the fields of roles.Inputs, which have to be there.
func (a *Assembler) bindInputs(find func(role, name, fix string) (int, error)) error {
	for _, f := range a.roles.Inputs {
		i, err := find("input", f.Name, "give every column that was learned from; outcore model show MODEL lists them")
		if err != nil {
			return err
		}
		if a.cols[i].Kind != f.Kind {
			return errs.New(errs.Invalid, "column %s is a %s, expected a %s as learned", f.Name, a.cols[i].Kind, f.Kind)
		}
		a.add(i, f)
	}
	return nil
}

func (a *Assembler) add(source int, f Field) {
	a.schema.Fields = append(a.schema.Fields, f)
	a.source = append(a.source, source)
	if f.Kind == Number && !exact32(a.cols[source].Type) {
		a.single = false
	}
}

// exact32 reports whether float32 holds every value of t.
func exact32(t dtype.Type) bool {
	switch t {
	case dtype.Float32, dtype.Bool, dtype.Int8, dtype.Uint8, dtype.Int16, dtype.Uint16:
		return true
	}
	return false
}

// Schema is the columns of the frames.
func (a *Assembler) Schema() Schema { return a.schema }

// Single reports whether the frames' numbers are float32.
func (a *Assembler) Single() bool { return a.single }

// Columns is the source's columns, as given.
func (a *Assembler) Columns() []Column { return a.cols }

// Roles is the roles, as given.
func (a *Assembler) Roles() Roles { return a.roles }

// Sources gives, for every field of kind k in the order of the frame's columns
// of that kind, the index of its source column.
func (a *Assembler) Sources(k Kind) []int {
	var out []int
	for i, f := range a.schema.Fields {
		if f.Kind == k {
			out = append(out, a.source[i])
		}
	}
	return out
}

// Special gives the source columns of the target and of the weights, -1 for none.
func (a *Assembler) Special() (target, weight int) { return a.target, a.weight }

// Finish checks weights and targets of a frame whose parts are set, makes
// classes of a numeric target and leaves out the rows that are not wanted. It
// takes over f. FromBlock and feature/record call it.
func (a *Assembler) Finish(f *Frame) (*Frame, error) {
	if err := a.checkWeights(f); err != nil {
		f.Release()
		return nil, err
	}
	if f.Y != nil || f.Label != nil {
		if err := a.missing(f); err != nil {
			f.Release()
			return nil, err
		}
	}
	if a.roles.Keep != nil || f.Dropped > 0 {
		first, y, label, keep := f.First, f.Y, f.Label, a.roles.Keep
		f.Origin = originOf(f.N)
		var err error
		f, err = Keep(f, func(row int64) bool {
			i := row - first
			gone := y != nil && y[i] != y[i] || label != nil && label.Valid != nil && !label.Valid[i]
			return !gone && (keep == nil || keep(row))
		}, a.Alloc)
		if err != nil {
			return nil, err
		}
	}
	if a.roles.Classes && f.Y != nil {
		bits := 64
		if a.target >= 0 && exact32(a.cols[a.target].Type) {
			bits = 32
		}
		f.Label = classTexts(f.Y, bits)
		f.Y = nil
	}
	return f, nil
}

func (a *Assembler) checkWeights(f *Frame) error {
	for i, w := range f.W {
		if !(w >= 0) || math.IsInf(w, 1) {
			return errs.New(errs.Invalid, "weight %v, expected a finite number of at least 0", w).
				At(errs.Position{Row: f.First + int64(i) + 1, Column: a.roles.Weight})
		}
	}
	return nil
}

// missing counts in f.Dropped the wanted rows that have no target, or reports
// the first.
func (a *Assembler) missing(f *Frame) error {
	for i := range f.N {
		var gone bool
		if f.Label != nil {
			gone = f.Label.Valid != nil && !f.Label.Valid[i]
		} else {
			gone = f.Y[i] != f.Y[i]
		}
		row := f.First + int64(i)
		if !gone || a.roles.Keep != nil && !a.roles.Keep(row) {
			continue
		}
		if !a.roles.DropMissing {
			return errs.New(errs.Invalid, "the target is missing").
				At(errs.Position{Row: row + 1, Column: a.roles.Target}).
				WithFix("Roles.DropMissing leaves such rows out")
		}
		f.Dropped++
	}
	return nil
}

// classTexts gives each number its shortest text, 3 for 3.0.
func classTexts(y []float64, bits int) *TextColumn {
	c := &TextColumn{Offsets: make([]int32, 1, len(y)+1), Bytes: make([]byte, 0, 2*len(y))}
	for _, v := range y {
		c.Bytes = AppendClass(c.Bytes, v, bits)
		c.Offsets = append(c.Offsets, int32(len(c.Bytes)))
	}
	return c
}

// AppendClass appends the text of a number used as a class: the shortest that
// reads back as the same number of that many bits, whole numbers without a point.
func AppendClass(dst []byte, v float64, bits int) []byte {
	if i := int64(v); float64(i) == v && i > -1e15 && i < 1e15 {
		return strconv.AppendInt(dst, i, 10)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, bits)
}

// plain reports whether the frame's numbers are all the source's columns in
// their order, so that a block can be used as it is.
func (a *Assembler) plain() bool {
	if len(a.source) != len(a.cols) {
		return false
	}
	return slices.IsSorted(a.source)
}
