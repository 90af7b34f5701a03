package plot

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/outcore/outcore/memory"
)

// A Float is a float64 that JSON can hold even when it is no finite number:
// NaN and the infinities are written as the strings "NaN", "+Inf" and "-Inf".
type Float float64

// MarshalJSON writes a number or one of the three strings.
func (f Float) MarshalJSON() ([]byte, error) {
	if finite(float64(f)) {
		return json.Marshal(float64(f))
	}
	return json.Marshal(strconv.FormatFloat(float64(f), 'g', -1, 64))
}

// UnmarshalJSON reads a number or one of the three strings.
func (f *Float) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case string(b) == "null":
		return nil
	case len(b) > 0 && b[0] == '"':
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	default:
		s = string(b)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(v, 0) { // 1e999 is read as infinite
		return fmt.Errorf("plot: found %q, expected a number, \"NaN\", \"+Inf\" or \"-Inf\"", s)
	}
	*f = Float(v)
	return nil
}

// FormatNumber gives v for people to read, to four significant digits: "0.83",
// "733.2", "1,040", "9.27e26"; "no data" when v is NaN, "infinite" beyond that.
func FormatNumber(v float64) string {
	switch a := math.Abs(v); {
	case v != v:
		return noData
	case math.IsInf(v, 0):
		return "infinite"
	case v == 0:
		return "0"
	case a >= 999_999.5 || a < 0.9995e-3:
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 2, 64), "e")
		power, _ := strconv.Atoi(exponent) // FormatFloat wrote it
		return trimZeros(mantissa) + "e" + strconv.Itoa(power)
	case a >= 999.95:
		return FormatCount(int64(math.RoundToEven(v)))
	default:
		digits := 3 - int(math.Floor(math.Log10(a)))
		return trimZeros(strconv.FormatFloat(v, 'f', min(digits, 6), 64))
	}
}

// FormatSigned is FormatNumber with a plus before what is above zero.
func FormatSigned(v float64) string {
	if v > 0 {
		return "+" + FormatNumber(v)
	}
	return FormatNumber(v)
}

// FormatCount gives n with its thousands apart: "24,000,000".
func FormatCount(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// FormatPercent gives a share with one decimal: 0.025 is "2.5 %".
func FormatPercent(share float64) string {
	if !finite(share) {
		return noData
	}
	if p := 100 * share; p != 0 && math.Abs(p) < 0.05 {
		return "< 0.1 %"
	}
	return strconv.FormatFloat(100*share, 'f', 1, 64) + " %"
}

// FormatBytes gives a size: "214 MiB".
func FormatBytes(n int64) string { return memory.FormatSize(n) }

// FormatSeconds gives a duration: "640 ms", "7.1 s", "2 min 5 s".
func FormatSeconds(s float64) string {
	switch {
	case !finite(s):
		return noData
	case s == 0:
		return "0 s"
	case s < 0.9995 && s > -0.9995:
		return FormatNumber(math.RoundToEven(s*1000)) + " ms"
	case s < 99.95:
		return trimZeros(strconv.FormatFloat(s, 'f', 1, 64)) + " s"
	case s > 1e12:
		return FormatNumber(s) + " s"
	}
	whole := int64(math.RoundToEven(s))
	if whole%60 == 0 {
		return FormatCount(whole/60) + " min"
	}
	return fmt.Sprintf("%s min %d s", FormatCount(whole/60), whole%60)
}

// trimZeros drops the zeros that end a decimal fraction.
func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func finite(v float64) bool { return v-v == 0 }
