package memory

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/outcore/outcore/errs"
)

var units = map[string]int64{
	"": 1, "b": 1,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
}

// ParseSize reads a number of bytes: "512MiB", "1.5 GiB", "1GB" (10⁹), "64M"
// (MiB), "4096". Upper and lower case are the same. The result is not negative;
// fractions of a byte are cut off.
func ParseSize(s string) (int64, error) {
	t := strings.TrimSpace(s)
	i := 0
	for i < len(t) && (t[i] >= '0' && t[i] <= '9' || t[i] == '.') {
		i++
	}
	number, name := t[:i], strings.ToLower(strings.TrimSpace(t[i:]))
	unit, ok := units[name]
	if !ok || number == "" {
		return 0, errs.New(errs.Invalid, "found %q, expected a size", s).WithFix("512MiB, 1.5GiB or 1GB")
	}
	tooLarge := errs.New(errs.Invalid, "size %q is beyond 8 EiB", s)
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		if n > math.MaxInt64/unit {
			return 0, tooLarge
		}
		return n * unit, nil
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, errs.New(errs.Invalid, "found %q, expected a size", s).WithFix("512MiB, 1.5GiB or 1GB")
	}
	if v *= float64(unit); v >= math.MaxInt64 {
		return 0, tooLarge
	}
	return int64(v), nil
}

// FormatSize gives n for people to read, to two or more digits: "640 B",
// "1.5 GiB", "214 MiB".
func FormatSize(n int64) string {
	if n < 0 {
		return "-" + FormatSize(-max(n, -math.MaxInt64))
	}
	v, unit := float64(n), "B"
	for _, u := range []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"} {
		if v < 1023.5 { // what would print as 1024 belongs to the next unit
			break
		}
		v, unit = v/1024, u
	}
	s := strconv.FormatFloat(v, 'f', 0, 64)
	if v < 9.95 {
		s = strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	}
	return s + " " + unit
}

// FlagSize gives n as the argument of --memory: whole MiB, rounded up, "43MiB".
func FlagSize(n int64) string {
	return fmt.Sprintf("%dMiB", roundUp(n, 1<<20)>>20)
}

// roundUp gives the least multiple of unit (a power of two) that is ≥ n ≥ 0.
func roundUp(n, unit int64) int64 {
	if n > math.MaxInt64-unit {
		n = math.MaxInt64 - unit
	}
	return (n + unit - 1) &^ (unit - 1)
}
