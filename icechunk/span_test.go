package icechunk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/blob/faultblob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/zarr"
)

// A place is where the bytes of a chunk are in the one object of shared.
type place struct{ off, n int }

// shared makes a repository whose array /a of len(places) chunks lies in one
// object of the given bytes.
func shared(t testing.TB, b *blob.Bucket, whole []byte, chunk int, places []place) format.ObjectID {
	t.Helper()
	r := create(t, b, icechunk.Options{})
	id := format.NewObjectID()
	_, err := b.Put(ctx, "chunks/"+id.String(), bytes.NewReader(whole), int64(len(whole)), blob.PutOptions{})
	must(t, err)
	s := session(t, r, "")
	must(t, s.SetMetadata(ctx, "/a", arrayDoc(chunk, chunk*len(places))))
	for i, p := range places {
		must(t, s.SetRef("/a", []uint32{uint32(i)}, format.ChunkRef{Chunk: id, Offset: uint64(p.off), Length: uint64(p.n)}))
	}
	_, err = s.Commit(ctx, "parts")
	must(t, err)
	return id
}

// reopened is a snapshot through a bucket that counts; the manifest is read.
func reopened(t testing.TB, b *blob.Bucket, o icechunk.Options, faults ...faultblob.Fault) (*icechunk.Session, *faultblob.Wrapped) {
	t.Helper()
	w := faultblob.Wrap(b, faults...)
	r, err := icechunk.Open(ctx, w.Bucket, o)
	must(t, err)
	s, err := r.Snapshot(ctx, "")
	must(t, err)
	_, _, err = s.Chunk(ctx, "/a", []uint32{0})
	must(t, err)
	return s, w
}

// A meter counts the bytes that are read at random.
type meter struct {
	driver.Bucket
	read atomic.Int64
}

func (m *meter) ReadRange(ctx context.Context, key string, p []byte, off int64) (int, error) {
	n, err := blob.New(m.Bucket, "mem://").ReadRange(ctx, key, p, off)
	m.read.Add(int64(n))
	return n, err
}

func noise(n int) []byte {
	rnd := rand.NewChaCha8([32]byte{})
	b := make([]byte, n)
	_, _ = rnd.Read(b)
	return b
}

// TestNeighboursAreReadTogether counts the requests of readers in several orders.
func TestNeighboursAreReadTogether(t *testing.T) {
	each := func(n, size, step int) (all []place) {
		for i := range n {
			all = append(all, place{i * step, size})
		}
		return all
	}
	backwards := each(64, 1000, 1000)
	slices.Reverse(backwards)
	for name, c := range map[string]struct {
		places []place
		most   int // requests of one reader of all
	}{
		"side by side":               {each(64, 1000, 1000), 1},
		"backwards":                  {backwards, 1},
		"small gaps":                 {each(64, 1000, 1900), 1},
		"more than one manifest run": {each(1000, 500, 500), 4},
		"large gaps":                 {each(8, 1000, 200_000), 8},
		"a large piece":              {each(64, 20_000, 20_000), 2}, // the first chunk alone
		"whole objects only":         {each(1, 50_000, 1), 1},
		"large chunks":               {each(3, 2<<20, 2<<20), 3},
		"all the same":               {each(64, 1000, 0), 64},
	} {
		t.Run(name, func(t *testing.T) {
			last := c.places[len(c.places)-1]
			whole := noise(max(last.off+last.n, c.places[0].off+c.places[0].n))
			b := memory()
			shared(t, b, whole, c.places[0].n, c.places)
			for _, order := range []string{"in order", "any", "at once"} {
				s, w := reopened(t, b, icechunk.Options{})
				before := w.Calls("")
				list := make([]int, len(c.places))
				for i := range list {
					list[i] = i
				}
				if order == "any" {
					rand.New(rand.NewPCG(1, 2)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
				}
				check := func(i int) {
					p := c.places[i]
					if got := get(t, s, "/a", uint32(i)); !bytes.Equal(got, whole[p.off:p.off+p.n]) {
						t.Errorf("%s: chunk %d is not its bytes", order, i)
					}
				}
				var all sync.WaitGroup
				for _, i := range list {
					if order == "at once" {
						all.Go(func() { check(i) })
					} else {
						check(i)
					}
				}
				all.Wait()
				if n := w.Calls("") - before; n > c.most {
					t.Errorf("%s: %d requests, expected at most %d", order, n, c.most)
				}
			}
		})
	}
}

// TestOneChunkOfManyIsReadAlone: who wants one chunk of a large piece does not
// pay for all.
func TestOneChunkOfManyIsReadAlone(t *testing.T) {
	var places []place
	for i := range 200 {
		places = append(places, place{i * 20_000, 20_000})
	}
	b := memory()
	shared(t, b, noise(4_000_000), 20_000, places)
	m := &meter{Bucket: b.Driver()}
	s, _ := reopened(t, blob.New(m, "mem://metered"), icechunk.Options{})
	get(t, s, "/a", 77)
	if n := m.read.Load(); n != 20_000 {
		t.Errorf("%d bytes were read for a chunk of 20,000", n)
	}
}

// TestPiecesStayWithinTheCache: a small Cache makes small pieces.
func TestPiecesStayWithinTheCache(t *testing.T) {
	var places []place
	for i := range 200 {
		places = append(places, place{i * 1000, 1000})
	}
	b := memory()
	shared(t, b, noise(200_000), 1000, places)
	s, w := reopened(t, b, icechunk.Options{Cache: 40_000})
	before := w.Calls("")
	for i := range places {
		get(t, s, "/a", uint32(i))
	}
	if n := w.Calls("") - before; n < 20 || n > 26 {
		t.Errorf("%d requests for 200,000 bytes in pieces of 10,000", n)
	}
}

// TestAPieceThatCannotBeRead: an object that was cut off, or a reference beyond
// its end, is the fault of the chunks that lie there alone.
func TestAPieceThatCannotBeRead(t *testing.T) {
	var places []place
	for i := range 100 {
		places = append(places, place{i * 1000, 1000})
	}
	whole := noise(61_500)
	b := memory()
	id := shared(t, b, whole, 1000, places)
	s, _ := reopened(t, b, icechunk.Options{})
	a, err := zarr.OpenArray(ctx, s, "/a")
	must(t, err)
	var scratch zarr.Scratch
	dst := make([]byte, 1000)
	for i := range uint32(100) {
		_, err := a.Read(ctx, []uint32{i}, dst, &scratch)
		if i < 61 {
			if err != nil || !bytes.Equal(dst, whole[i*1000:(i+1)*1000]) {
				t.Fatalf("chunk %d, which is whole: %v", i, err)
			}
			continue
		}
		if !errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), fmt.Sprintf("/a: chunk [%d]", i)) || !strings.Contains(err.Error(), id.String()) {
			t.Fatalf("chunk %d, which is not there: %v", i, err)
		}
	}
}

// TestADamagedChunkOfAPiece is named alone, and the rest is read.
func TestADamagedChunkOfAPiece(t *testing.T) {
	meta, err := zarr.NewMeta([]uint64{8000}, zarr.NumberType(dtype.Float32), zarr.MetaOptions{Chunks: []uint64{100}})
	must(t, err)
	mem := zarr.NewMem()
	a, err := zarr.CreateArray(ctx, mem, "/a", meta)
	must(t, err)
	var scratch zarr.Scratch
	var whole []byte
	var places []place
	data := noise(80 * a.ChunkBytes())
	for i := range uint32(80) {
		must(t, a.Write(ctx, []uint32{i}, data[int(i)*a.ChunkBytes():][:a.ChunkBytes()], &scratch))
		c, _, err := mem.Chunk(ctx, "/a", []uint32{i})
		must(t, err)
		p := make([]byte, c.Size())
		must(t, c.ReadAt(ctx, p, 0))
		places = append(places, place{len(whole), len(p)})
		whole = append(whole, p...)
	}
	whole[places[33].off+places[33].n/2] ^= 4
	b := memory()
	shared(t, b, whole, 100, places)
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	w := session(t, r, "")
	doc, err := meta.Marshal()
	must(t, err)
	must(t, w.SetMetadata(ctx, "/a", doc))
	_, err = w.Commit(ctx, "codecs")
	must(t, err)
	s, calls := reopened(t, b, icechunk.Options{})
	before := calls.Calls("")
	a, err = zarr.OpenArray(ctx, s, "/a")
	must(t, err)
	dst := make([]byte, a.ChunkBytes())
	for i := range uint32(80) {
		_, err := a.Read(ctx, []uint32{i}, dst, &scratch)
		switch {
		case i == 33 && (!errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "/a: chunk [33]")):
			t.Errorf("the damaged chunk: %v", err)
		case i != 33 && (err != nil || !bytes.Equal(dst, data[int(i)*len(dst):][:len(dst)])):
			t.Errorf("chunk %d: %v", i, err)
		}
	}
	if n := calls.Calls("") - before; n != 1 {
		t.Errorf("%d requests, expected 1", n)
	}
}

// TestARequestForManyChunksFails: all who wanted one of them are told, each by
// the name of his chunk, and the next who asks is served.
func TestARequestForManyChunksFails(t *testing.T) {
	var places []place
	for i := range 50 {
		places = append(places, place{i * 1000, 1000})
	}
	b := memory()
	shared(t, b, noise(50_000), 1000, places)
	broken := true
	s, _ := reopened(t, b, icechunk.Options{}, faultblob.Fault{Op: faultblob.ReadAt, Do: func(context.Context) error {
		if broken {
			return errs.New(errs.Unavailable, "the store is silent")
		}
		return nil
	}})
	a, err := zarr.OpenArray(ctx, s, "/a")
	must(t, err)
	read := func(i uint32) error {
		_, err := a.Read(ctx, []uint32{i}, make([]byte, 1000), &zarr.Scratch{})
		return err
	}
	var all sync.WaitGroup
	for i := range uint32(50) {
		all.Go(func() {
			if err := read(i); !errors.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), fmt.Sprintf("/a: chunk [%d]", i)) {
				t.Errorf("chunk %d: %v", i, err)
			}
		})
	}
	all.Wait()
	broken = false
	for i := range uint32(50) {
		must(t, read(i))
	}
}
