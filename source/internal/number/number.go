// Package number reads decimal numbers out of the middle of text, without
// allocating and without first looking for where they end.
//
// A float is [+-] digits [. digits] [(e|E) [+-] digits] with a digit before or
// behind the point, and its value is the one strconv.ParseFloat gives, bit for
// bit. Hexadecimal, underscores, inf and nan are no floats here; Special knows
// the last two. An integer is [+-] digits within int64.
package number

import (
	"math"
	"strconv"
	"unsafe"
)

// pow10 are the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// Float reads the longest float that starts at b[i] and returns where it ends.
// ok is false when none starts there, or when it is too large for a float64.
// Too small ones are zero. b must hold a byte behind the number, such as a line end.
func Float(b []byte, i int) (v float64, end int, ok bool) {
	start := i
	neg := false
	if c := b[i]; c == '-' || c == '+' {
		neg = c == '-'
		i++
	}
	digits := i
	var m uint64 // at most 19 digits are used of it
	for {
		d := b[i] - '0'
		if d > 9 {
			break
		}
		m = m*10 + uint64(d)
		i++
	}
	n := i - digits
	exp := 0
	if b[i] == '.' {
		i++
		point := i
		for {
			d := b[i] - '0'
			if d > 9 {
				break
			}
			m = m*10 + uint64(d)
			i++
		}
		exp = point - i
		n -= exp
	}
	if n == 0 {
		return 0, start, false
	}
	if b[i]|0x20 == 'e' {
		if e, behind := exponent(b, i+1); behind > 0 {
			exp += e
			i = behind
		}
	}
	if n > 19 || m>>53 != 0 || exp < -22 || exp > 22 {
		return slow(b[start:i], i)
	}
	// m and the power are exact, so that one rounding gives the nearest float
	// (Clinger, How to read floating point numbers accurately, 1990).
	v = float64(m)
	if exp < 0 {
		v /= pow10[-exp]
	} else if exp > 0 {
		v *= pow10[exp]
	}
	if neg {
		v = -v
	}
	return v, i, true
}

// exponent reads [+-] digits at b[i]; end is 0 when there are none.
func exponent(b []byte, i int) (e, end int) {
	neg := false
	if c := b[i]; c == '-' || c == '+' {
		neg = c == '-'
		i++
	}
	first := i
	for ; b[i]-'0' <= 9; i++ {
		e = min(e*10+int(b[i]-'0'), 1<<20)
	}
	if i == first {
		return 0, 0
	}
	if neg {
		e = -e
	}
	return e, i
}

func slow(s []byte, end int) (float64, int, bool) {
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(s), len(s)), 64)
	return v, end, err == nil
}

// Int reads the longest integer that starts at b[i] and returns where it ends.
// ok is false when none starts there, or when it is beyond int64. b must hold a
// byte behind the number.
func Int(b []byte, i int) (v int64, end int, ok bool) {
	start := i
	neg := false
	if c := b[i]; c == '-' || c == '+' {
		neg = c == '-'
		i++
	}
	digits := i
	var m uint64
	for {
		d := b[i] - '0'
		if d > 9 {
			break
		}
		m = m*10 + uint64(d)
		i++
	}
	switch n := i - digits; {
	case n == 0:
		return 0, start, false
	case n > 18:
		v, err := strconv.ParseInt(unsafe.String(unsafe.SliceData(b[start:]), i-start), 10, 64)
		return v, i, err == nil
	}
	if neg {
		return -int64(m), i, true
	}
	return int64(m), i, true
}

// Special reads s as a whole: nan, inf or infinity in any case, with a sign.
func Special(s []byte) (v float64, ok bool) {
	sign := 1
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	switch {
	case fold(s, "nan"):
		return math.NaN(), true
	case fold(s, "inf"), fold(s, "infinity"):
		return math.Inf(sign), true
	}
	return 0, false
}

func fold(s []byte, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i, c := range s {
		if c|0x20 != lower[i] {
			return false
		}
	}
	return true
}
