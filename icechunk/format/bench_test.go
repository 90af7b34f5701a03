package format

import (
	"math/rand/v2"
	"testing"
)

// grid is a manifest of n native references of one array of three dimensions.
func grid(n int) *Manifest {
	r := rand.New(rand.NewPCG(1, 2))
	a := ArrayManifest{Node: NodeID{1, 2, 3}, Rank: 3}
	for i := range n {
		a.Indices = append(a.Indices, uint32(i/10000), uint32(i/100%100), uint32(i%100))
		ref := ChunkRef{Length: 1 << 20}
		for k := range ref.Chunk {
			ref.Chunk[k] = byte(r.Uint32())
		}
		a.Refs = append(a.Refs, ref)
	}
	return &Manifest{ID: ObjectID{9}, Arrays: []ArrayManifest{a}}
}

func encoded(b testing.TB, n int) []byte {
	b.Helper()
	file, err := grid(n).Encode()
	if err != nil {
		b.Fatal(err)
	}
	return file
}

func perRef(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/ref")
}

func BenchmarkDecodeManifest1M(b *testing.B) {
	file := encoded(b, 1e6)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeManifest(file); err != nil {
			b.Fatal(err)
		}
	}
	perRef(b, 1e6)
	b.ReportMetric(float64(len(file))/1e6, "stored-B/ref")
}

func BenchmarkOpenManifest1M(b *testing.B) {
	file := encoded(b, 1e6)
	b.ReportAllocs()
	var v *ManifestView
	for b.Loop() {
		var err error
		if v, err = OpenManifest(file); err != nil {
			b.Fatal(err)
		}
	}
	perRef(b, 1e6)
	b.ReportMetric(float64(v.Size())/1e6, "held-B/ref")
}

// BenchmarkColdLookup4096 is what reading one chunk costs beside its two reads.
func BenchmarkColdLookup4096(b *testing.B) {
	file := encoded(b, 4096)
	b.ReportAllocs()
	for b.Loop() {
		v, err := OpenManifest(file)
		if err != nil {
			b.Fatal(err)
		}
		if _, have, err := v.Lookup(NodeID{1, 2, 3}, []uint32{0, 20, 7}); !have || err != nil {
			b.Fatal(have, err)
		}
	}
}

func BenchmarkLookup1M(b *testing.B) {
	v, err := OpenManifest(encoded(b, 1e6))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := uint32(0)
	for b.Loop() {
		i = (i + 7919) % 1e6
		if _, have, err := v.Lookup(NodeID{1, 2, 3}, []uint32{i / 10000, i / 100 % 100, i % 100}); !have || err != nil {
			b.Fatal(have, err)
		}
	}
}

func BenchmarkEncodeManifest1M(b *testing.B) {
	m := grid(1e6)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Encode(); err != nil {
			b.Fatal(err)
		}
	}
	perRef(b, 1e6)
}

func BenchmarkEncodeManifest4096(b *testing.B) {
	m := grid(4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Encode(); err != nil {
			b.Fatal(err)
		}
	}
	perRef(b, 4096)
}

// history is a repo of n snapshots in a line and the log of the last thousand.
func history(n int) *Repo {
	r := &Repo{SpecVersion: 2}
	r.Snapshots = append(r.Snapshots, SnapshotInfo{ID: InitialSnapshot, Flushed: 1})
	for i := range n {
		r.Snapshots = append(r.Snapshots, SnapshotInfo{
			ID: NewObjectID(), Parent: r.Snapshots[i].ID, Flushed: int64(i + 2), Message: "a commit of some words",
			Meta: []Item{{Name: "outcore.job", Value: map[string]any{"next": int64(i)}}},
		})
	}
	tip := r.Snapshots[n].ID
	r.Branches = []Ref{{"main", tip}}
	for i := range 1000 {
		r.Updates = append(r.Updates, Update{Kind: NewCommit, At: int64(5000 - i), Name: "main", New: tip, Backup: "repo.30708495315435.182QP0HT1PCMCNYSGQ30"})
	}
	return r
}

func BenchmarkRepo10kSnapshots(b *testing.B) {
	file, err := history(10000).Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			if _, err := DecodeRepo(file); err != nil {
				b.Fatal(err)
			}
		}
	})
	r, err := DecodeRepo(file)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Encode(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
