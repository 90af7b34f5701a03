package chunk

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/npy"
	"github.com/outcore/outcore/source"
)

// The layouts of chunk files (docs/format/chunk.md).
const (
	NPZ     = "npz"
	NPZCSR  = "npz-csr"
	Parquet = "parquet"
)

// Layouts lists the layouts.
func Layouts() []string { return []string{NPZ, NPZCSR, Parquet} }

// DefaultRows is the rows of a chunk when none are asked for.
const DefaultRows = 100_000

// Options say what chunk files are like. The zero value is useful. All of them
// change bytes, so a job is resumed only with the options it began with.
type Options struct {
	Rows     int64      `json:"rows"`                // of a chunk; default DefaultRows
	Layout   string     `json:"layout"`              // default: parquet for tables with texts or times, npz-csr for sparse rows that would be 20 times as large dense, else npz
	DType    dtype.Type `json:"dtype,omitempty"`     // of npz and npz-csr; default: that of the data, float64 for tables
	Scale    float64    `json:"scale,omitempty"`     // values are multiplied by it in float64; 0 = 1
	Prefix   string     `json:"prefix"`              // of the files' names; default "chunk"
	Compress string     `json:"compress"`            // none, fast or max; default fast
	RowGroup int64      `json:"row_group,omitempty"` // rows of a Parquet row group; default DefaultGroupRows
}

// goodPrefix reports whether s is letters, digits, underscores and, behind the
// first, some more that no file system minds.
func goodPrefix(s string) bool {
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' && (i == 0 || !strings.ContainsRune(".+=@-", r)) {
			return false
		}
	}
	return s != ""
}

// fill sets the defaults that depend on what the data is like and refuses what
// makes no sense for it.
func (o Options) fill(s *source.Schema, table bool) (Options, error) {
	if o.Rows == 0 {
		o.Rows = DefaultRows
	}
	if o.Prefix == "" {
		o.Prefix = "chunk"
	}
	if o.Compress == "" {
		o.Compress = string(npy.Fast)
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	if _, err := npy.ParseCompression(o.Compress); err != nil {
		return o, errs.New(errs.Invalid, "--compress: %w", err)
	}
	others := notNumbers(s)
	if o.Layout == "" {
		o.Layout = NPZ
		if len(others) > 0 {
			o.Layout = Parquet
		}
	}
	switch {
	case o.Rows < 0:
		return o, errs.New(errs.Invalid, "--rows is %d, expected the number of rows of a chunk", o.Rows)
	case o.RowGroup < 0:
		return o, errs.New(errs.Invalid, "--row-group is %d, expected a number of rows", o.RowGroup)
	case math.IsNaN(o.Scale) || math.IsInf(o.Scale, 0):
		return o, errs.New(errs.Invalid, "--scale is %v, expected a finite number", o.Scale)
	case !goodPrefix(o.Prefix):
		return o, errs.New(errs.Invalid, "--prefix is %q, expected letters, digits and _ . + = @ -, beginning with a letter, digit or _", o.Prefix)
	case !slices.Contains(Layouts(), o.Layout):
		return o, errs.New(errs.Invalid, "--layout is %q%s; have %s", o.Layout, errs.Suggest(o.Layout, Layouts()), strings.Join(Layouts(), ", "))
	case o.Layout == Parquet && !table:
		return o, errs.New(errs.Unsupported, "sparse rows are not written as Parquet, tables and dense rows are").WithFix("--layout npz-csr, or npz")
	case o.Layout == Parquet && (o.DType != 0 || o.Scale != 1):
		return o, errs.New(errs.Invalid, "--dtype and --scale are for npz; a Parquet table keeps the types of its columns").WithFix("--types COLUMN=float32, or --layout npz")
	case o.Layout != Parquet && o.RowGroup != 0:
		return o, errs.New(errs.Invalid, "--row-group is for Parquet, the layout is %s", o.Layout).WithFix("leave --row-group out, or --layout parquet")
	case o.Layout != Parquet && len(others) > 0:
		return o, errs.New(errs.Invalid, "%s are not numbers, and %s holds numbers only", strings.Join(others, ", "), o.Layout).
			WithFix("--layout parquet, or --columns without them")
	}
	if o.Layout == Parquet {
		if o.RowGroup == 0 {
			o.RowGroup = DefaultGroupRows
		}
		return o, nil
	}
	if o.DType == 0 {
		o.DType = dtype.Float64
		if !table && len(s.Fields) > 0 {
			o.DType = s.Fields[0].Type
		}
	}
	if !o.DType.Valid() || o.DType == dtype.Bool {
		return o, errs.New(errs.Unsupported, "--dtype %v cannot be written", o.DType).WithFix("--dtype uint8")
	}
	return o, nil
}

// notNumbers names the columns that no array of numbers can hold.
func notNumbers(s *source.Schema) (names []string) {
	for _, f := range s.Fields {
		if f.Kind != source.Number {
			names = append(names, fmt.Sprintf("%s (%s)", f.Name, f.Kind))
		}
	}
	if n := len(names); n > 8 {
		names = append(names[:7], fmt.Sprintf("and %d more", n-7))
	}
	return names
}

// differences lists what is not the same in two sets of options, by name.
func differences(old, now any) (list []string) {
	a, b := byName(old), byName(now)
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if a[n] != b[n] {
			list = append(list, fmt.Sprintf("%s was %s, is now %s", n, orNothing(a[n]), orNothing(b[n])))
		}
	}
	return list
}

func orNothing(s string) string {
	if s == "" || s == `""` {
		return "not given"
	}
	return s
}

// byName gives the fields of a struct, or the entries of a map, as JSON texts.
func byName(v any) map[string]string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // options are numbers and texts
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		panic(err)
	}
	out := map[string]string{}
	for k, r := range raw {
		if !strings.HasPrefix(k, "--") {
			k = "--" + strings.ReplaceAll(k, "_", "-")
		}
		out[k] = strings.Trim(string(r), `"`)
	}
	return out
}
