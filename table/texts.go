package table

import (
	"context"
	"math"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

// A texts appends texts to an array of variable-length elements.
type texts struct {
	p       *putter
	axis    *axis
	chunk   int
	n       int64
	offsets []int32 // one more than there are texts in the chunk
	data    []byte
	spare   chan text // buffers to use again
}

// A text is the texts of one chunk.
type text struct {
	offsets []int32
	data    []byte
}

func newTexts(ctx context.Context, p *putter, a *axis, n int64) (*texts, error) {
	t := &texts{p: p, axis: a, chunk: int(a.array.Meta().ChunkShape[0]), n: n, spare: make(chan text, p.jobs+1)}
	if err := t.take(); err != nil || t.used() == 0 {
		return t, err
	}
	var scratch zarr.Scratch
	var err error
	t.offsets, t.data, err = a.array.ReadStrings(ctx, t.index(), t.offsets, t.data, &scratch)
	if err != nil {
		return nil, err
	}
	t.offsets = t.offsets[:t.used()+1]
	t.data = t.data[:t.offsets[t.used()]]
	return t, nil
}

// take begins a chunk, in memory that was used before where there is some: else
// in as much as the last chunk took.
func (t *texts) take() error {
	select {
	case b := <-t.spare:
		t.offsets, t.data = b.offsets[:0], b.data[:0]
	default:
		size := len(t.data) + len(t.data)/8
		if err := t.p.hold(int64(size)); err != nil {
			return err
		}
		t.offsets, t.data = make([]int32, 0, t.chunk+1), make([]byte, 0, size)
	}
	t.offsets = append(t.offsets, 0)
	return nil
}

func (t *texts) used() int { return int(t.n % int64(t.chunk)) }

func (t *texts) index() []uint32 { return []uint32{uint32(t.n / int64(t.chunk))} }

// room is how many texts the chunk being filled has a place for.
func (t *texts) room() int { return t.chunk - t.used() }

// grow makes place for n more bytes of text.
func (t *texts) grow(n int) error {
	want := len(t.data) + n
	if want <= cap(t.data) {
		return nil
	}
	if want > math.MaxInt32 {
		return errs.New(errs.TooLarge, "the texts of one chunk of %d rows take more than 2 GiB", t.chunk).WithFix("a smaller --chunk-rows")
	}
	size := max(want, min(2*cap(t.data), math.MaxInt32), t.chunk)
	// The old buffer is garbage until it is collected: held twice.
	if err := t.p.hold(int64(size)); err != nil {
		return err
	}
	t.data = append(make([]byte, 0, size), t.data...)
	return nil
}

// addOne appends one text to the chunk being filled; advance counts it.
func (t *texts) addOne(s string) {
	t.data = append(t.data, s...)
	t.offsets = append(t.offsets, int32(len(t.data)))
}

// addRun appends the texts of run, which begin and end at offsets.
func (t *texts) addRun(offsets []int32, run []byte) {
	shift := int32(len(t.data)) - offsets[0]
	t.data = append(t.data, run...)
	for _, o := range offsets[1:] {
		t.offsets = append(t.offsets, o+shift)
	}
}

// advance says that n texts were appended.
func (t *texts) advance(ctx context.Context, n int) error {
	index := t.index()
	t.n += int64(n)
	if t.used() > 0 || n == 0 {
		return nil
	}
	full := text{t.offsets, t.data}
	if err := t.take(); err != nil {
		return err
	}
	if err := t.axis.reserve(ctx, t.p, t.n); err != nil {
		return err
	}
	done := func() {
		select {
		case t.spare <- full:
		default:
		}
	}
	t.p.put(ctx, done, func(ctx context.Context, s *zarr.Scratch) error {
		return t.axis.array.WriteStrings(ctx, index, full.offsets, full.data, s)
	})
	return t.p.failed()
}

// flush stores the chunk that is not full, empty texts behind, and keeps filling it.
func (t *texts) flush(ctx context.Context) error {
	if t.used() == 0 {
		return nil
	}
	if err := t.axis.reserve(ctx, t.p, t.n); err != nil {
		return err
	}
	index, data := t.index(), t.data
	offsets := make([]int32, t.chunk+1)
	for i := copy(offsets, t.offsets); i < len(offsets); i++ {
		offsets[i] = int32(len(data))
	}
	t.p.put(ctx, nothing, func(ctx context.Context, s *zarr.Scratch) error {
		return t.axis.array.WriteStrings(ctx, index, offsets, data, s)
	})
	return nil
}

func (t *texts) settle(ctx context.Context) error { return t.axis.resize(ctx, t.p, t.n) }
