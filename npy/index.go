package npy

import "github.com/outcore/outcore/codec/deflate"

// A blockIndex says where the deflate blocks of a member are, so that any of
// them is inflated alone. It lies in the extra field extraIndex of the zip
// directory, where other readers skip it:
//
//	byte  0     version, 1
//	byte  1–3   zero
//	byte  4–7   bytes of the .npy header, in a stored deflate block at the start
//	byte  8–15  raw bytes of a group of blocks; the last may be shorter
//	then for each group: 4 bytes its stored size, 4 bytes the CRC-32 of its raw bytes
type blockIndex struct {
	head   int64 // raw bytes of the stored block at the start
	group  int64 // raw bytes of one group
	sizes  []uint32
	crcs   []uint32
	starts []int64 // offset of each group in the member's stored bytes; one more than sizes
}

const (
	indexFixed = 16
	// maxGroups keeps the index, the zip64 field and their headers within the
	// 65,535 bytes of an extra field: 16 + 8·8,000 + 36.
	maxGroups = 8000
	// maxGroup is the largest group inflated at once; archives with larger ones
	// (beyond 500 GiB an array) are read from their start.
	maxGroup = 64 << 20
	// maxExpansion is above what deflate can reach (1,032 to 1), so that a false
	// index cannot ask for memory its data does not fill.
	maxExpansion = 1040
	// storedBlock is what deflate puts before a stored block.
	storedBlock = 5
)

// parseIndex returns nil for anything it does not understand: the member is
// then inflated from its start.
func parseIndex(b []byte) *blockIndex {
	if len(b) < indexFixed || b[0] != 1 || (len(b)-indexFixed)%8 != 0 {
		return nil
	}
	x := &blockIndex{head: int64(le.Uint32(b[4:])), group: int64(le.Uint64(b[8:]))}
	at := storedBlock + x.head
	x.starts = append(x.starts, at)
	for b = b[indexFixed:]; len(b) > 0; b = b[8:] {
		x.sizes = append(x.sizes, le.Uint32(b))
		x.crcs = append(x.crcs, le.Uint32(b[4:]))
		at += int64(le.Uint32(b))
		x.starts = append(x.starts, at)
	}
	return x
}

// fits reports whether x describes a member of these sizes.
func (x *blockIndex) fits(raw, comp int64) bool {
	n := int64(len(x.sizes))
	body := raw - x.head
	if x.group <= 0 || x.group > maxGroup || body < 0 || x.starts[n] != comp {
		return false
	}
	for i, size := range x.sizes {
		if min(x.group, body-int64(i)*x.group) > maxExpansion*int64(size) {
			return false
		}
	}
	full := body / x.group
	if body%x.group != 0 {
		full++
	}
	// An empty body still has one block, the final one.
	return n == max(full, 1)
}

// append appends x as the payload of an extra field.
func (x *blockIndex) append(b []byte) []byte {
	b = append(b, 1, 0, 0, 0)
	b = le.AppendUint32(b, uint32(x.head))
	b = le.AppendUint64(b, uint64(x.group))
	for i := range x.sizes {
		b = le.AppendUint32(b, x.sizes[i])
		b = le.AppendUint32(b, x.crcs[i])
	}
	return b
}

// newIndex groups blocks of block raw bytes (the last may be shorter: total is
// the sum) until at most maxGroups groups are left. It returns nil when a group
// would not fit its 32-bit size.
func newIndex(block, total int64, sizes, crcs []uint32) *blockIndex {
	k := 1
	for (len(sizes)+k-1)/k > maxGroups {
		k *= 2
	}
	x := &blockIndex{head: headerBytes, group: block * int64(k)}
	for i := 0; i < len(sizes); i += k {
		var size int64
		var crc uint32
		for j := i; j < min(i+k, len(sizes)); j++ {
			size += int64(sizes[j])
			raw := min(block, total-int64(j)*block)
			if j == i {
				crc = crcs[j]
			} else {
				crc = deflate.CombineCRC32(crc, crcs[j], raw)
			}
		}
		if size > 0xffffffff {
			return nil
		}
		x.sizes = append(x.sizes, uint32(size))
		x.crcs = append(x.crcs, crc)
	}
	return x
}
