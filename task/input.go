package task

import (
	"bytes"
	"encoding/json"

	"github.com/outcore/outcore/errs"
)

// An Index in the arguments of a range is the number of the task in it, from
// 0. Leave it zero when building; it must not be omitempty.
type Index int64

// MarshalJSON writes a reference: an Index has a value only inside an op.
func (Index) MarshalJSON() ([]byte, error) { return []byte(refIndex), nil }

// An Input in the arguments of a task is the result of another: made by
// Node.Out, Span.At or Span.Each when building, and Value inside the op.
type Input[T any] struct {
	Value T
	ref   Ref
}

// MarshalJSON writes the reference, or the value when there is none.
func (in Input[T]) MarshalJSON() ([]byte, error) {
	if in.ref.Mode != "" {
		return marshalRef(in.ref)
	}
	return json.Marshal(in.Value)
}

// UnmarshalJSON reads the value.
func (in *Input[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &in.Value) }

// Inputs in the arguments of a task are the results of a range, or of a part
// of one, in the order of their indexes: made by Span.All or Span.Groups when
// building, and Values inside the op. (For results of a few single tasks take
// a []Input.)
type Inputs[T any] struct {
	Values []T
	ref    Ref
}

// MarshalJSON writes the reference, or the values when there is none.
func (in Inputs[T]) MarshalJSON() ([]byte, error) {
	if in.ref.Mode != "" {
		return marshalRef(in.ref)
	}
	return json.Marshal(in.Values)
}

// UnmarshalJSON reads the values.
func (in *Inputs[T]) UnmarshalJSON(b []byte) error {
	if len(b) > 1 && (b[1] == '-' || '0' <= b[1] && b[1] <= '9') {
		// Numbers, so the commas tell how many: a million of them should not
		// be copied from slice to longer slice.
		in.Values = make([]T, 0, 1+bytes.Count(b, []byte{','}))
	}
	return json.Unmarshal(b, &in.Values)
}

// A Node is a task in a graph that results in a T.
type Node[T any] struct{ key Key }

// NodeOf is the task of that key, for a graph that was built elsewhere. That it
// results in a T is the caller's word.
func NodeOf[T any](key Key) Node[T] { return Node[T]{key} }

// Key names the task.
func (n Node[T]) Key() Key { return n.key }

// Out stands for the result in the arguments of another task.
func (n Node[T]) Out() Input[T] { return Input[T]{ref: Ref{Mode: ByKey, Key: n.key}} }

// Of finds and decodes the result; errs.NotFound when the run had no such target.
func (n Node[T]) Of(r Results) (T, error) { return decodeResult[T](r, ID{n.key, -1}) }

// A Span is a range in a graph: n tasks that result in a T each.
type Span[T any] struct {
	key Key
	n   int64
}

// SpanOf is the range of that key and length, for a graph that was built
// elsewhere. That it results in Ts is the caller's word.
func SpanOf[T any](key Key, n int64) Span[T] { return Span[T]{key, n} }

// Key names the range, as a target or for After.
func (s Span[T]) Key() Key { return s.key }

// Len is the number of tasks.
func (s Span[T]) Len() int64 { return s.n }

// At stands for the result of task i.
func (s Span[T]) At(i int64) Input[T] {
	return Input[T]{ref: Ref{Mode: ByAt, Key: s.key, Index: i}}
}

// Each stands, in task i of another range of the same length, for the result
// of task i.
func (s Span[T]) Each() Input[T] { return Input[T]{ref: Ref{Mode: ByEach, Key: s.key}} }

// All stands for all results in order.
func (s Span[T]) All() Inputs[T] { return Inputs[T]{ref: Ref{Mode: ByAll, Key: s.key}} }

// Groups stands, in task i of another range, for the results of tasks
// i·size to (i+1)·size-1 (fewer in the last group): one level of a tree. That
// range has GroupCount(size) tasks.
func (s Span[T]) Groups(size int64) Inputs[T] {
	return Inputs[T]{ref: Ref{Mode: ByGroup, Key: s.key, Size: size}}
}

// GroupCount is the number of groups of size that the range has.
func (s Span[T]) GroupCount(size int64) int64 { return (s.n + size - 1) / size }

// Of finds and decodes all results in order; errs.NotFound when one is missing.
func (s Span[T]) Of(r Results) ([]T, error) {
	out := make([]T, s.n)
	for i := range s.n {
		v, err := decodeResult[T](r, ID{s.key, i})
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func decodeResult[T any](r Results, id ID) (v T, err error) {
	raw, ok := r[id]
	if !ok {
		return v, errs.New(errs.NotFound, "task %s is not among the results", id).WithFix("name %q as a target of the run", id.Key)
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, errs.New(errs.Invalid, "result of task %s is no %T: %w", id, v, err)
	}
	return v, nil
}
