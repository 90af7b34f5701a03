package format

import (
	"math"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format/flat"
	"github.com/outcore/outcore/icechunk/format/flex"
)

// identifier is at byte 4 of every FlatBuffer. Readers do not ask for it.
const identifier = "Ichk"

// A scan is one decoding: a reader, and what it met that is newer than we are.
type scan struct {
	*flat.Reader
	newer string
}

// known makes absent fields an error, and notes fields beyond the n we know.
func (s *scan) known(t flat.Table, name string, n int, required ...int) {
	t.Require(name, required...)
	if t.Beyond(n) {
		s.beyond(name + " with more fields than specification 2.1 has")
	}
}

func (s *scan) beyond(what string) {
	if s.newer == "" {
		s.newer = what
	}
}

func (s *scan) objectID(t flat.Table, slot int) (id ObjectID) {
	copy(id[:], t.Struct(slot, len(id)))
	return id
}

func (s *scan) nodeID(t flat.Table, slot int) (id NodeID) {
	copy(id[:], t.Struct(slot, len(id)))
	return id
}

// time is microseconds since 1970.
func (s *scan) time(t flat.Table, slot int) int64 {
	u := t.Uint64(slot)
	if u > math.MaxInt64 {
		s.Fail("icechunk: found a time of %d microseconds", u)
		return 0
	}
	return int64(u)
}

func (s *scan) items(t flat.Table, slot int) []Item {
	v := t.Vector(slot, 4)
	if v.Len() == 0 {
		return nil
	}
	items := make([]Item, 0, v.Len())
	for i := range v.Len() {
		e := v.Table(i)
		s.known(e, "metadata item", 2, 0, 1)
		it := Item{Name: e.String(0), Raw: e.Bytes(1)}
		if s.Err() != nil {
			return nil
		}
		var err error
		if it.Value, err = flex.Decode(it.Raw); err != nil {
			s.Fail("icechunk: metadata %q: %w", it.Name, err)
			return nil
		}
		items = append(items, it)
	}
	return items
}

// A build is one encoding: a builder, and the first value that cannot be written.
type build struct {
	*flat.Builder
	err error
}

func newBuild(size int) *build { return &build{Builder: flat.NewBuilder(size)} }

func (b *build) invalid(format string, args ...any) {
	if b.err == nil {
		b.err = errs.New(errs.Invalid, "icechunk: "+format, args...)
	}
}

// time checks microseconds.
func (b *build) time(us int64, what string) uint64 {
	if us < 0 {
		b.invalid("%s is %d microseconds before 1970", what, -us)
	}
	return uint64(us)
}

// text checks what must be UTF-8 for the official reader.
func (b *build) text(s, what string) flat.Ref {
	if strings.ToValidUTF8(s, "") != s {
		b.invalid("%s %.40q is not UTF-8", what, s)
	}
	return b.String(s)
}

// inOrder is list, or a sorted copy.
func inOrder[E any](list []E, compare func(a, b E) int) []E {
	if slices.IsSortedFunc(list, compare) {
		return list
	}
	return slices.SortedFunc(slices.Values(list), compare)
}

// items builds a vector sorted by name; 0 for none when it may be absent.
func (b *build) items(items []Item, required bool) flat.Ref {
	if len(items) == 0 && !required {
		return 0
	}
	items = inOrder(items, func(a, c Item) int { return strings.Compare(a.Name, c.Name) })
	refs := make([]flat.Ref, len(items))
	for i, it := range items {
		if i > 0 && items[i-1].Name == it.Name {
			b.invalid("metadata %q is given twice", it.Name)
		}
		raw := it.Raw
		if raw == nil {
			var err error
			if raw, err = flex.Encode(it.Value); err != nil {
				b.invalid("metadata %q: %w", it.Name, err)
			}
		}
		value, name := b.Bytes(raw), b.text(it.Name, "metadata")
		b.Start()
		b.Set(0, name)
		b.Set(1, value)
		refs[i] = b.End()
	}
	return b.Refs(refs)
}

// bytes builds a vector that is absent when v is nil.
func (b *build) bytes(v []byte) flat.Ref {
	if v == nil {
		return 0
	}
	return b.Bytes(v)
}

// setUint64 leaves the default out, as all writers do.
func (b *build) setUint64(slot int, v uint64) {
	if v != 0 {
		b.SetUint64(slot, v)
	}
}

// finish wraps what is built in a file.
func (b *build) finish(t FileType, root flat.Ref, newer string, opts []Option) ([]byte, error) {
	if newer != "" {
		return nil, errs.New(errs.Unsupported, "icechunk: a %s holds what this version does not know (%s): writing it again would lose that", t, newer).
			WithFix("use a newer outcore")
	}
	if b.err != nil {
		return nil, b.err
	}
	return wrap(t, b.Finish(root, identifier), opts)
}
