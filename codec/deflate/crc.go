package deflate

import "hash/crc32"

// CombineCRC32 is the IEEE checksum of two byte strings one behind the other,
// from their checksums and the length of the second. So a header written last
// can be counted in before the data.
func CombineCRC32(first, second uint32, secondLen int64) uint32 {
	// Appending a zero byte multiplies by x^8 in GF(2)[x] modulo the polynomial.
	power := uint32(1 << 23) // x^8, highest bit the lowest power
	for n := secondLen; n > 0; n >>= 1 {
		if n&1 != 0 {
			first = multiply(power, first)
		}
		power = multiply(power, power)
	}
	return first ^ second
}

// multiply is the product of a and b modulo the polynomial of the checksum,
// bits reversed as crc32 has them.
func multiply(a, b uint32) (p uint32) {
	for bit := uint32(1 << 31); bit != 0; bit >>= 1 {
		if a&bit != 0 {
			p ^= b
		}
		b = b>>1 ^ crc32.IEEE&-(b&1)
	}
	return p
}
