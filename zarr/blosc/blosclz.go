package blosc

import "github.com/outcore/outcore/errs"

var errBloscLZ = errs.New(errs.Corrupt, "a stream of blosclz that points outside")

// Distances of blosclz above this are given in two bytes more.
const nearest = 8191

// decodeBloscLZ decodes a stream of instructions: a byte below 32 tells of as
// many literals and one more; another of a repetition, its three high bits the
// length, its five low ones the high bits of the distance.
func decodeBloscLZ(dst, src []byte) (int, error) {
	if len(src) == 0 {
		return 0, nil
	}
	op, ip := 0, 0
	next := func() int { // past the end it gives zeros, which the check below finds
		if ip++; ip <= len(src) {
			return int(src[ip-1])
		}
		return 0
	}
	code := next() & 31
	for {
		if code < 32 {
			n := code + 1
			if n > len(src)-ip || n > len(dst)-op {
				return 0, errBloscLZ
			}
			copy(dst[op:op+n], src[ip:])
			op += n
			ip += n
		} else {
			n, high := code>>5-1, code&31<<8
			if n == 6 {
				for more := 255; more == 255 && ip < len(src); {
					more = next()
					n += more
				}
			}
			low := next()
			distance := high + low + 1
			if low == 255 && high == 31<<8 {
				distance = next() << 8
				distance += next() + nearest + 1
			}
			n += 3
			if ip > len(src) || n > len(dst)-op || distance > op {
				return 0, errBloscLZ
			}
			repeat(dst[op:op+n], dst[op-distance:op])
			op += n
		}
		if ip >= len(src) {
			return op, nil
		}
		code = next()
	}
}

// repeat fills dst with repetitions of what, which stands right before it.
func repeat(dst, what []byte) {
	for n := copy(dst, what); n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}
