package icechunk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash"
	"iter"

	"github.com/outcore/outcore/zarr"
)

// Digest is the content of a snapshot as one SHA-256: paths, metadata, decoded
// chunks; not ids, times, or how chunks are compressed or where they lie.
//
// Equal digests mean equal groups, arrays, attributes, shapes, types, chunk
// shapes and elements. A chunk that was never written and one that is fill value
// throughout are equal, and what chunks hold beyond the border of an array does
// not count. Another chunk shape is another digest. Texts count as they are.
func (r *Repository) Digest(ctx context.Context, ref string) (string, error) {
	s, err := r.Snapshot(ctx, ref)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, v := range s.changes.below(s.base, "/") {
		if v.path == "/" && !v.array && bytes.Equal(canonical(v.doc), canonical(rootDoc())) {
			continue // a root of nothing is no content
		}
		section(h, "node", []byte(v.path), canonical(v.doc))
		if !v.array {
			continue
		}
		a, err := zarr.OpenArray(ctx, s, v.path)
		if err != nil {
			return "", err
		}
		if err := digestArray(ctx, h, s, a); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// section adds texts to h so that no two lists of texts give the same bytes.
func section(h hash.Hash, kind string, texts ...[]byte) {
	h.Write([]byte(kind))
	for _, t := range texts {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(t))))
		h.Write(t)
	}
}

// canonical is zarr.json with its keys in order, without spaces, and without
// what says how elements become bytes.
func canonical(doc []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var m map[string]any
	if d.Decode(&m) != nil {
		return doc
	}
	for _, key := range []string{"codecs", "chunk_key_encoding", "storage_transformers"} {
		delete(m, key)
	}
	if a, ok := m["attributes"].(map[string]any); ok && len(a) == 0 {
		delete(m, "attributes")
	}
	out, err := json.Marshal(m)
	if err != nil {
		return doc
	}
	return out
}

// A chunkSum is the hash of one chunk inside the array's border.
type chunkSum struct {
	index []uint32
	sum   [sha256.Size]byte
	fill  bool // it is fill value throughout
	err   error
}

// digestArray adds the chunks of an array in order of index. They are hashed in
// several workers, and their hashes one after the other.
func digestArray(ctx context.Context, h hash.Hash, s *Session, a *zarr.Array) error {
	all := func(*ChunkEntry) bool { return false }
	for c, err := range decoding(ctx, s, a, all, func(d decoded) chunkSum { return sumChunk(a, d) }) {
		if err == nil {
			err = c.err
		}
		if err != nil {
			return err
		}
		if c.fill {
			continue
		}
		at := make([]byte, 0, 4*len(c.index))
		for _, x := range c.index {
			at = binary.LittleEndian.AppendUint32(at, x)
		}
		section(h, "chunk", at, c.sum[:])
	}
	return nil
}

// sumChunk hashes the elements of a chunk that are inside the array.
func sumChunk(a *zarr.Array, d decoded) chunkSum {
	c := chunkSum{index: d.entry.Index, fill: true, err: d.err}
	if d.err != nil {
		return c
	}
	m := a.Meta()
	h := sha256.New()
	size := m.Type.Size
	var filled []byte // a run of fill value
	for first, n := range runs(m, c.index) {
		if d.offsets == nil {
			run := d.data[first*size : (first+n)*size]
			if filled == nil {
				filled = make([]byte, len(run))
				a.Fill(filled)
			}
			c.fill = c.fill && bytes.Equal(run, filled)
			h.Write(run)
			continue
		}
		for i := first; i < first+n; i++ {
			text := d.data[d.offsets[i]:d.offsets[i+1]]
			c.fill = c.fill && bytes.Equal(text, m.Fill)
			section(h, "", text)
		}
	}
	h.Sum(c.sum[:0])
	return c
}

// runs yields the elements of a chunk that are inside the array, as runs along
// the last axis: the first one's number in the chunk, and how many.
func runs(m *zarr.ArrayMeta, index []uint32) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		rank := len(index)
		if rank == 0 {
			yield(0, 1)
			return
		}
		inside := make([]int, rank) // elements along each axis
		for k := range inside {
			inside[k] = int(min(m.ChunkShape[k], m.Shape[k]-min(m.Shape[k], uint64(index[k])*m.ChunkShape[k])))
			if inside[k] == 0 {
				return
			}
		}
		for at := make([]int, rank); ; {
			first := 0
			for k := range at {
				first = first*int(m.ChunkShape[k]) + at[k]
			}
			if !yield(first, inside[rank-1]) {
				return
			}
			k := rank - 2
			for ; k >= 0; k-- {
				if at[k]++; at[k] < inside[k] {
					break
				}
				at[k] = 0
			}
			if k < 0 {
				return
			}
		}
	}
}
