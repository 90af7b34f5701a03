package compose

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/outcore/outcore/errs"
)

// A Model is a pipeline that has learned, with what it was learned from: what
// Save writes to a folder and Load reads (docs/format/model.md).
//
// No field holds a clock, a host or anything random, so the same training
// gives the same bytes.
type Model struct {
	Pipeline *Pipeline
	Target   Target
	Training Training
	Data     []Data
	Lineage  Lineage
	Extra    Extra // unknown keys of model.json, kept

	steps []Extra // of each stage
}

// Extra is the keys of an object of a newer minor version, kept when the model
// is saved again.
type Extra map[string]json.RawMessage

// A Target is what is predicted.
type Target struct {
	Name string `json:"name,omitempty"` // column; "" when labels came apart
	// Classes says that the pipeline predicts one of Pipeline.Classes.
	Classes bool  `json:"classes,omitempty"`
	Extra   Extra `json:"-"`
}

// Training is how the pipeline was fitted, and how well.
type Training struct {
	Rows    int64   `json:"rows"`             // learned from, in one pass
	Epochs  int     `json:"epochs"`           // passes of the learner
	Batch   int     `json:"batch"`            // rows a batch
	Seed    uint64  `json:"seed"`             // of the holdout
	Holdout float64 `json:"holdout"`          // fraction of rows held out
	Weight  string  `json:"weight,omitempty"` // column of row weights
	Compat  string  `json:"compat,omitempty"`
	Online  bool    `json:"online,omitempty"`
	// Scores by metric: of the rows held out, of guessing without looking at
	// them, and of each row before it was learned.
	Scores      map[string]Score `json:"scores,omitempty"`
	Baseline    map[string]Score `json:"baseline,omitempty"`
	Progressive map[string]Score `json:"progressive,omitempty"`
	Extra       Extra            `json:"-"`
}

// Data is one source of the rows.
type Data struct {
	Address string `json:"address"` // as it was given
	Digest  string `json:"digest"`  // of the files' names, sizes and versions, or of their content
	Rows    int64  `json:"rows,omitempty"`
	Extra   Extra  `json:"-"`
}

// Lineage is where the model comes from.
type Lineage struct {
	Program string `json:"program,omitempty"` // "outcore 0.1"
	Parent  string `json:"parent,omitempty"`  // digest of the model that learned on to become this one
	Extra   Extra  `json:"-"`
}

// A Score is a float64 that may be NaN or infinite, as after a divergence:
// JSON has these as the strings "NaN", "+Inf" and "-Inf".
type Score float64

// MarshalJSON writes a number or one of the three strings.
func (s Score) MarshalJSON() ([]byte, error) {
	if v := float64(s); math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.AppendQuote(nil, strconv.FormatFloat(v, 'g', -1, 64)), nil
	}
	return json.Marshal(float64(s))
}

// UnmarshalJSON reads a number or one of the three strings.
func (s *Score) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"NaN"`, `"+Inf"`, `"-Inf"`:
		v, err := strconv.ParseFloat(string(b[1:len(b)-1]), 64)
		*s = Score(v)
		return err
	}
	return json.Unmarshal(b, (*float64)(s))
}

// MarshalJSON writes t with its unknown keys.
func (t Target) MarshalJSON() ([]byte, error) {
	type plain Target
	return marshalOpen(plain(t), t.Extra)
}

// UnmarshalJSON keeps unknown keys.
func (t *Target) UnmarshalJSON(b []byte) (err error) {
	type plain Target
	t.Extra, err = unmarshalOpen(b, (*plain)(t))
	return err
}

// MarshalJSON writes t with its unknown keys.
func (t Training) MarshalJSON() ([]byte, error) {
	type plain Training
	return marshalOpen(plain(t), t.Extra)
}

// UnmarshalJSON keeps unknown keys.
func (t *Training) UnmarshalJSON(b []byte) (err error) {
	type plain Training
	t.Extra, err = unmarshalOpen(b, (*plain)(t))
	return err
}

// MarshalJSON writes d with its unknown keys.
func (d Data) MarshalJSON() ([]byte, error) {
	type plain Data
	return marshalOpen(plain(d), d.Extra)
}

// UnmarshalJSON keeps unknown keys.
func (d *Data) UnmarshalJSON(b []byte) (err error) {
	type plain Data
	d.Extra, err = unmarshalOpen(b, (*plain)(d))
	return err
}

// MarshalJSON writes l with its unknown keys.
func (l Lineage) MarshalJSON() ([]byte, error) {
	type plain Lineage
	return marshalOpen(plain(l), l.Extra)
}

// UnmarshalJSON keeps unknown keys.
func (l *Lineage) UnmarshalJSON(b []byte) (err error) {
	type plain Lineage
	l.Extra, err = unmarshalOpen(b, (*plain)(l))
	return err
}

// ShortDigest is a digest as it is shown to people: "3f9a…c2".
func ShortDigest(digest string) string {
	if len(digest) < 6 {
		return digest
	}
	return digest[:4] + "…" + digest[len(digest)-2:]
}

// corrupt is damage in a field of a file.
func corrupt(file, field, format string, args ...any) *errs.Error {
	e := errs.New(errs.Corrupt, format, args...)
	if field != "" {
		e.Msg = field + ": " + e.Msg
	}
	return e.At(errs.Position{File: file}).WithFix("get the model again from where it came, or learn it again")
}
