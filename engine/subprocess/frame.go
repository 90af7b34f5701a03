package subprocess

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

// A request asks a child for one attempt at a task, an answer is what became
// of it. Both travel as four bytes of length, little-endian, and JSON.
type request struct {
	Op   string          `json:"op"`
	Args json.RawMessage `json:"args"`
}

type answer struct {
	Value json.RawMessage `json:"value,omitempty"`
	Error *wireError      `json:"error,omitempty"`
}

const (
	maxRequest = 256 << 20              // arguments may hold the results of a whole range
	maxAnswer  = task.MaxResult + 1<<20 // a result, or an error and its causes
)

func writeFrame(w io.Writer, v any, limit int) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(body) > limit {
		return errs.New(errs.TooLarge, "message of %d bytes, expected at most %d", len(body), limit).
			WithFix("pass large values as blobs, or reduce a long range in groups")
	}
	frame := make([]byte, 4, 4+len(body))
	binary.LittleEndian.PutUint32(frame, uint32(len(body)))
	_, err = w.Write(append(frame, body...))
	return err
}

// readFrame is io.EOF when there is no frame, errs.Corrupt when it is malformed.
func readFrame(r io.Reader, v any, limit int) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := int(binary.LittleEndian.Uint32(head[:]))
	if n > limit {
		return errs.New(errs.Corrupt, "message of %d bytes, expected at most %d", n, limit)
	}
	// Grown as bytes arrive: a wrong length must not cost its size in memory.
	body, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err == nil && len(body) < n {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return errs.New(errs.Corrupt, "message: %w", err)
	}
	return nil
}

// A wireError is an error on its way through a pipe: its kinds and position
// survive, its causes become text.
type wireError struct {
	Kind    errs.Kind     `json:"kind,omitempty"`
	Chain   []errs.Kind   `json:"chain,omitempty"` // of the error and its causes
	Pos     errs.Position `json:"pos,omitzero"`
	Message string        `json:"message"`
	Fix     string        `json:"fix,omitempty"`
}

var kinds = []errs.Kind{
	errs.NotFound, errs.Exists, errs.Conflict, errs.Corrupt, errs.Invalid,
	errs.Shape, errs.Unsupported, errs.Unavailable, errs.TooLarge,
}

func toWire(err error) *wireError {
	w := &wireError{Message: err.Error()}
	for _, k := range kinds {
		if errors.Is(err, k) {
			w.Chain = append(w.Chain, k)
		}
	}
	// Taken apart only where it is whole: text around an errs.Error is text.
	if e, ok := err.(*errs.Error); ok {
		w.Kind, w.Pos, w.Message, w.Fix = e.Kind, e.Pos, e.Msg, e.Fix
	}
	return w
}

// error gives the error back, as an *errs.Error.
func (w *wireError) error() error {
	e := &errs.Error{Kind: w.Kind, Pos: w.Pos, Msg: w.Message, Fix: w.Fix}
	if len(w.Chain) > 0 {
		e.Err = chain(w.Chain)
	}
	return e
}

// A chain stands for causes that stayed behind: errors.Is finds their kinds.
type chain []errs.Kind

func (c chain) Error() string { return "cause in the child process" }

func (c chain) Is(target error) bool {
	for _, k := range c {
		if target == k {
			return true
		}
	}
	return false
}
