package task

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	"github.com/outcore/outcore/errs"
)

// A Mode says which results a Ref stands for.
type Mode string

// The modes.
const (
	ByIndex Mode = "index" // no result: the task's own number in its range
	ByKey   Mode = "key"   // the result of task Key
	ByAt    Mode = "at"    // the result of task Index of range Key
	ByEach  Mode = "each"  // the result of the task of range Key that has the same number
	ByAll   Mode = "all"   // the results of range Key, an array
	ByGroup Mode = "group" // Size results of range Key from number × Size on, an array
)

// A Ref stands in the arguments of a task, as {"$task": Ref}, for something
// that is known when the task starts.
type Ref struct {
	Mode  Mode  `json:"mode"`
	Key   Key   `json:"key,omitempty"`
	Index int64 `json:"index,omitempty"`
	Size  int64 `json:"size,omitempty"`
}

// refOpen starts a reference in compact JSON. It cannot occur inside a string,
// where the quotation mark would be escaped.
const refOpen = `{"$task":`

// refIndex is all of the reference of mode ByIndex.
const refIndex = refOpen + `{"mode":"index"}}`

func marshalRef(r Ref) ([]byte, error) {
	b, err := json.Marshal(r)
	return append(append([]byte(refOpen), b...), '}'), err
}

// A Template is arguments with references cut out: Text[0] Refs[0] Text[1] …,
// one more text than references. It is immutable.
type Template struct {
	Text []string
	Refs []Ref
}

// compile cuts the references out of args; errs.Invalid when it is no JSON or a
// reference is malformed.
func compile(args json.RawMessage) (Template, error) {
	var buf bytes.Buffer
	if err := json.Compact(&buf, args); err != nil {
		return Template{}, errs.New(errs.Invalid, "arguments are no JSON: %w", err)
	}
	var canon bytes.Buffer
	json.HTMLEscape(&canon, buf.Bytes()) // as json.Marshal does, so that there is one spelling
	rest := canon.Bytes()
	var t Template
	for {
		i := bytes.Index(rest, []byte(refOpen))
		if i < 0 {
			t.Text = append(t.Text, string(rest))
			return t, nil
		}
		if bytes.HasPrefix(rest[i:], []byte(refIndex)) { // by far the most frequent
			t.Text = append(t.Text, string(rest[:i]))
			t.Refs = append(t.Refs, Ref{Mode: ByIndex})
			rest = rest[i+len(refIndex):]
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(rest[i:]))
		dec.DisallowUnknownFields()
		var hole struct {
			Ref Ref `json:"$task"`
		}
		if err := dec.Decode(&hole); err != nil {
			return Template{}, errs.New(errs.Invalid, "reference in the arguments: %w", noEOF(err))
		}
		if err := hole.Ref.check(); err != nil {
			return Template{}, err
		}
		t.Text = append(t.Text, string(rest[:i]))
		t.Refs = append(t.Refs, hole.Ref)
		rest = rest[i+int(dec.InputOffset()):]
	}
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// check reports a Ref that could mean nothing in any graph.
func (r Ref) check() error {
	switch r.Mode {
	case ByIndex, ByKey, ByEach, ByAll:
		return nil
	case ByAt:
		if r.Index < 0 {
			return errs.New(errs.Invalid, "reference to task %d of %q, expected 0 or more", r.Index, r.Key)
		}
		return nil
	case ByGroup:
		if r.Size < 1 {
			return errs.New(errs.Invalid, "reference to groups of %d of %q, expected 1 or more", r.Size, r.Key)
		}
		return nil
	}
	return errs.New(errs.Invalid, "reference of mode %q, expected index, key, at, each, all or group", r.Mode)
}

// Append writes the arguments of task index to dst: value writes what Refs[ref]
// stands for, which is not ByIndex.
func (t *Template) Append(dst []byte, index int64, value func(dst []byte, ref int) []byte) []byte {
	for i, text := range t.Text {
		dst = append(dst, text...)
		if i == len(t.Refs) {
			break
		}
		if t.Refs[i].Mode == ByIndex {
			dst = strconv.AppendInt(dst, index, 10)
		} else {
			dst = value(dst, i)
		}
	}
	return dst
}

// appendNulls writes the arguments of task index before any result is known.
func (t *Template) appendNulls(dst []byte, index int64) []byte {
	return t.Append(dst, index, func(dst []byte, _ int) []byte { return append(dst, "null"...) })
}
