package memory

import (
	"errors"
	"os"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

func TestSlabSize(t *testing.T) {
	for n := int64(1); n < 1<<33; n += 1 + n/37 {
		size := SlabSize(n)
		if size < n || size%int64(os.Getpagesize()) != 0 || SlabSize(size) != size {
			t.Fatalf("SlabSize(%d) = %d, of which %d", n, size, SlabSize(size))
		}
		if n >= 1<<20 && size-n > n/8 {
			t.Fatalf("SlabSize(%d) = %d: more than an eighth is lost", n, size)
		}
	}
}

func TestSlabsComeFromTheReservation(t *testing.T) {
	CheckLeaks(t)
	b := newBudget(t, 10<<20)
	r := reserve(t, b, 1<<20)
	s, err := r.Slab(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Slab(1); !errors.Is(err, errs.TooLarge) {
		t.Errorf("beyond the reservation: %v", err)
	}
	buf := s.Bytes()
	if len(buf) != 1<<20 || len(dtype.View[float64](buf)) != 1<<17 {
		t.Errorf("%d bytes", len(buf))
	}
	s.Release()
	again, err := r.Slab(1<<20 - 5)
	if err != nil || len(again.Bytes()) != 1<<20-5 {
		t.Fatal(err)
	}
	if st := b.Stats(); st.Slabs != 1<<20 || st.Cached != 0 {
		t.Errorf("the released slab was not used again: %+v", st)
	}
	r.Release()
	if st := b.Stats(); st.Reserved != 1<<20 {
		t.Errorf("a slab that outlives its reservation must stay counted: %+v", st)
	}
	again.Release()
	if st := b.Stats(); st.Reserved != 0 {
		t.Errorf("left: %+v", st)
	}
}

func TestMisusePanics(t *testing.T) {
	b := newBudget(t, 256<<20)
	r := reserve(t, b, 2<<20)
	defer r.Release()
	s, err := r.Slab(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	s.Release()
	gone, err := r.Slab(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	gone.Release()
	done := reserve(t, b, 1<<20)
	done.Release()
	done.Release() // allowed
	for name, f := range map[string]func(){
		"release twice":        s.Release,
		"bytes after release":  func() { s.Bytes() },
		"slab of a released":   func() { _, _ = done.Slab(1) },
		"slab of nothing":      func() { _, _ = r.Slab(0) },
		"negative reservation": func() { _, _ = b.Reserve(t.Context(), -1, "test") },
		"retain after release": func() { gone.Retain() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// TestResidentMemoryFollows fills slabs of changing sizes and looks at what the
// kernel says.
func TestResidentMemoryFollows(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector keeps shadow memory of slabs")
	}
	const room = 64 << 20
	b := newBudget(t, room)
	start := ReadUsage()
	if start.RSS == 0 || start.Anon == 0 || start.Peak < start.RSS {
		t.Skipf("resident memory is unknown here: %+v", start)
	}
	for _, size := range []int{1 << 20, 3 << 20, 7 << 20, 64 << 10, 32 << 20} {
		r := reserve(t, b, room)
		var slabs []*Slab
		for r.Free() >= SlabSize(int64(size)) {
			s, err := r.Slab(size)
			if err != nil {
				t.Fatal(err)
			}
			buf := s.Bytes()
			for i := 0; i < len(buf); i += 4096 {
				buf[i] = 1
			}
			slabs = append(slabs, s)
		}
		full := ReadUsage().Anon - start.Anon
		for _, s := range slabs {
			s.Release()
		}
		r.Release()
		empty := ReadUsage().Anon - start.Anon
		if full < room*7/8 || full > room*9/8+4<<20 || empty > b.Cap()/32+4<<20 {
			t.Errorf("slabs of %d: %s resident when full of %s, %s after", size, FormatSize(full), FormatSize(room), FormatSize(empty))
		}
	}
}

// TestTheHeapLimitFollowsSlabs: also those that are made of others.
func TestTheHeapLimitFollowsSlabs(t *testing.T) {
	b := newBudget(t, 512<<20)
	r := reserve(t, b, 256<<20)
	defer r.Release()
	take := func(n int) *Slab {
		t.Helper()
		s, err := r.Slab(n)
		if err != nil {
			t.Fatal(err)
		}
		s2 := b.Stats()
		want := b.Cap() - imageBytes + untouched - s2.Slabs - s2.Cached
		if off := s2.HeapLimit - want; off < -8<<20 || off > 8<<20 { // it is moved in steps
			t.Errorf("with a slab of %s the Go heap may have %s, want %s", FormatSize(int64(n)), FormatSize(s2.HeapLimit), FormatSize(want))
		}
		return s
	}
	take(5 << 20).Release()
	take(192 << 20).Release()
	take(3 << 20).Release()
	take(100 << 20).Release()
}

// BenchmarkSlab takes and gives back a slab that is in the cache, and one that
// is mapped and touched each time.
func BenchmarkSlab(b *testing.B) {
	bud := newBudget(b, 64<<20)
	r := reserve(b, bud, 64<<20)
	defer r.Release()
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s, err := r.Slab(1 << 20)
			if err != nil {
				b.Fatal(err)
			}
			s.Release()
		}
	})
	b.Run("cached, all cores", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				s, err := r.Slab(1 << 20)
				if err != nil {
					b.Fatal(err)
				}
				s.Release()
			}
		})
	})
	b.Run("mapped, untouched", func(b *testing.B) {
		for b.Loop() {
			mem, err := mapPages(1 << 20)
			if err != nil {
				b.Fatal(err)
			}
			unmapPages(mem)
		}
	})
}

func BenchmarkReserve(b *testing.B) {
	bud := newBudget(b, 64<<20)
	for b.Loop() {
		reserve(b, bud, 1<<20).Release()
	}
}

func BenchmarkReadUsage(b *testing.B) {
	for b.Loop() {
		ReadUsage()
	}
}

func BenchmarkMoveHeapLimit(b *testing.B) {
	bud := newBudget(b, 1<<40)
	for i := 0; b.Loop(); i++ {
		bud.goheap.set(1<<40+int64(i&1), true)
	}
}

func BenchmarkHeapMapped(b *testing.B) {
	for b.Loop() {
		heapMapped()
	}
}
