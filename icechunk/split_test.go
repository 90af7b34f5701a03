package icechunk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/icechunk/format"
)

// scattered is n different indices in a grid, in order.
func scattered(rng *rand.Rand, n int, grid ...uint32) *refColumns {
	t := newRefTable(len(grid))
	for range n {
		index := make([]uint32, len(grid))
		for k := range index {
			index[k] = rng.Uint32N(grid[k])
		}
		t.set(index, format.ChunkRef{Chunk: format.NewObjectID(), Length: 1})
	}
	return t.take(t.sorted())
}

// disjoint fails the test when two boxes have an index in common.
func disjoint(t *testing.T, boxes [][]format.Range) {
	t.Helper()
	for i := range boxes {
		for _, other := range boxes[:i] {
			if overlap(boxes[i], other) {
				t.Fatalf("%v overlaps %v", boxes[i], other)
			}
		}
	}
}

func TestCutsArePlanes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		grid := [][]uint32{{50}, {7, 9}, {40, 40}, {3, 1, 20}, {5, 5, 5}}[round%5]
		c := scattered(rng, 1+rng.IntN(120), grid...)
		limit := 1 + rng.IntN(12)
		rows := make([]int, c.rows())
		for i := range rows {
			rows[i] = i
		}
		groups := cut(c, rows, 0, limit)
		var boxes [][]format.Range
		for _, g := range groups {
			if len(g) > limit || len(g) == 0 {
				t.Fatalf("a group of %d, want 1 to %d", len(g), limit)
			}
			boxes = append(boxes, boxOfRows(c, g))
		}
		disjoint(t, boxes)
		if all := slices.Concat(groups...); !slices.Equal(slices.Sorted(slices.Values(all)), rows) {
			t.Fatalf("groups have the rows %v, want %d", all, len(rows))
		}
		// Some of the groups are in the way of all the others together.
		var obstacles [][]format.Range
		var rest []int
		for i, g := range groups {
			if i%3 == 1 {
				obstacles = append(obstacles, boxes[i])
			} else {
				rest = append(rest, g...)
			}
		}
		slices.Sort(rest)
		if len(rest) == 0 {
			continue
		}
		parts := around(c, rest, obstacles)
		all := slices.Clone(obstacles)
		for _, p := range parts {
			if !slices.IsSorted(p) {
				t.Fatalf("the rows %v are not in order", p)
			}
			all = append(all, boxOfRows(c, p))
		}
		disjoint(t, all)
	}
}

// laid is how an array is laid out: the boxes of its manifests.
func laid(t *testing.T, s *Session, path string) (ids []format.ObjectID, most int) {
	t.Helper()
	v := viewOfBase(s.base.find(path))
	var boxes [][]format.Range
	for _, ref := range v.manifests() {
		c, err := s.r.gather(context.Background(), s.base, &v, []format.ManifestRef{ref})
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, c.rows())
		boxes, ids = append(boxes, ref.Extents), append(ids, ref.ID)
	}
	disjoint(t, boxes)
	return ids, most
}

func opened(t *testing.T, split int) *Session {
	t.Helper()
	r, err := Create(t.Context(), blob.New(memblob.New(), "mem://"), Options{Split: split})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Session) mustSet(t *testing.T, path string, shape ...int) {
	t.Helper()
	lengths, chunks := "", ""
	for i, n := range shape {
		if i > 0 {
			lengths, chunks = lengths+",", chunks+","
		}
		lengths, chunks = lengths+fmt.Sprint(n), chunks+"1"
	}
	doc := fmt.Sprintf(`{"zarr_format":3,"node_type":"array","shape":[%s],"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[%s]}}}`, lengths, chunks)
	if err := s.SetMetadata(t.Context(), path, []byte(doc)); err != nil {
		t.Fatal(err)
	}
}

func (s *Session) mustRef(t *testing.T, path string, index ...uint32) {
	t.Helper()
	if err := s.SetRef(path, index, format.ChunkRef{Chunk: format.NewObjectID(), Length: 1}); err != nil {
		t.Fatal(err)
	}
}

func (s *Session) mustCommit(t *testing.T) {
	t.Helper()
	if _, err := s.Commit(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
}

func TestACommitRewritesWhatItTouched(t *testing.T) {
	s := opened(t, 100)
	s.mustSet(t, "/a", 50, 40)
	for i := range uint32(50) {
		for j := range uint32(40) {
			s.mustRef(t, "/a", i, j)
		}
	}
	s.mustCommit(t)
	before, most := laid(t, s, "/a")
	if len(before) > 2*2000/100 || most > 100 {
		t.Fatalf("2,000 references are in %d manifests of at most %d", len(before), most)
	}
	s.mustRef(t, "/a", 25, 7)
	s.mustCommit(t)
	after, _ := laid(t, s, "/a")
	fresh := 0
	for _, id := range after {
		if !slices.Contains(before, id) {
			fresh++
		}
	}
	if len(after) != len(before) || fresh != 1 {
		t.Fatalf("one chunk wrote %d manifests anew; there are %d, were %d", fresh, len(after), len(before))
	}
	if n := len(s.base.Manifests); n != len(after) {
		t.Fatalf("the snapshot lists %d manifests, want %d", n, len(after))
	}
}

// Arrays grow along any axis, a row a commit.
func TestGrowingArraysKeepFewManifests(t *testing.T) {
	for axis := range 2 {
		s := opened(t, 64)
		shape := []int{10, 10}
		shape[axis] = 0
		s.mustSet(t, "/a", shape...)
		s.mustCommit(t)
		for n := range 60 {
			shape[axis] = n + 1
			s.mustSet(t, "/a", shape...)
			for j := range uint32(10) {
				index := []uint32{j, j}
				index[axis] = uint32(n)
				s.mustRef(t, "/a", index...)
			}
			s.mustCommit(t)
		}
		ids, most := laid(t, s, "/a")
		if len(ids) > 2*600/64 || most > 64 {
			t.Fatalf("axis %d: 600 references are in %d manifests of at most %d", axis, len(ids), most)
		}
	}
}

// Chunks come one a commit, anywhere.
func TestScatteredWritesKeepFewManifests(t *testing.T) {
	s := opened(t, 8)
	s.mustSet(t, "/a", 12, 12)
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range rng.Perm(144) {
		s.mustRef(t, "/a", uint32(n/12), uint32(n%12))
		s.mustCommit(t)
	}
	ids, most := laid(t, s, "/a")
	if len(ids) > 4*144/8 || most > 8 {
		t.Fatalf("144 references are in %d manifests of at most %d", len(ids), most)
	}
	t.Logf("144 references in %d manifests of at most %d", len(ids), most)
}

func TestSmallArraysShareManifests(t *testing.T) {
	s := opened(t, 0)
	for i := range 300 {
		path := fmt.Sprintf("/a%d", i)
		s.mustSet(t, path, 3)
		s.mustRef(t, path, 0)
	}
	s.mustCommit(t)
	if n := len(s.base.Manifests); n != 1 {
		t.Fatalf("300 arrays of one chunk have %d manifests, want 1", n)
	}
	s.mustRef(t, "/a7", 1)
	s.mustRef(t, "/a8", 1)
	s.mustCommit(t)
	if n := len(s.base.Manifests); n != 2 {
		t.Fatalf("there are %d manifests, want 2", n)
	}
	for i := range 300 {
		want := 1
		if i == 7 || i == 8 {
			want = 2
		}
		if _, n := laid(t, s, fmt.Sprintf("/a%d", i)); n != want {
			t.Fatalf("/a%d has %d references, want %d", i, n, want)
		}
	}
}

// Shrinking reads no manifest that goes as a whole.
func TestShrinkingCostsTheBorder(t *testing.T) {
	s := opened(t, 10)
	s.mustSet(t, "/a", 1000)
	for i := range uint32(1000) {
		s.mustRef(t, "/a", i)
	}
	s.mustCommit(t)
	before, _ := laid(t, s, "/a")
	s.mustSet(t, "/a", 505)
	s.mustSet(t, "/a", 800)
	s.mustCommit(t)
	after, _ := laid(t, s, "/a")
	fresh := 0
	for _, id := range after {
		if !slices.Contains(before, id) {
			fresh++
		}
	}
	v := viewOfBase(s.base.find("/a"))
	n, err := s.r.count(t.Context(), s.base, &v)
	if err != nil || n != 505 || fresh > 1 {
		t.Fatalf("%d references are left, %v; %d manifests were written", n, err, fresh)
	}
}
