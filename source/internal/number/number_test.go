package number

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"testing"
)

var (
	floatForm = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?`)
	intForm   = regexp.MustCompile(`^[+-]?[0-9]+`)
)

// check compares Float and Int with strconv on the longest match of the grammar.
func check(t *testing.T, s string) {
	t.Helper()
	b := append([]byte(s), '\n')
	token := floatForm.FindString(s)
	want, err := strconv.ParseFloat(token, 64)
	v, end, ok := Float(b, 0)
	if ok != (token != "" && err == nil) || ok && (math.Float64bits(v) != math.Float64bits(want) || end != len(token)) {
		t.Errorf("Float(%q) = %v, %d, %v; strconv gives %v, %v for %q", s, v, end, ok, want, err, token)
	}
	token = intForm.FindString(s)
	wantInt, err := strconv.ParseInt(token, 10, 64)
	n, end, ok := Int(b, 0)
	if ok != (err == nil) || ok && (n != wantInt || end != len(token)) {
		t.Errorf("Int(%q) = %v, %d, %v; strconv gives %v, %v", s, n, end, ok, wantInt, err)
	}
}

var seeds = []string{"", "0", "-0", "+7", "1.", ".5", ".", "-", "+.e1", "1e", "1e+", "1e5", "1E-5x", "0x1p3", "1_000", "inf", "nan",
	"9007199254740993", "9007199254740992e22", "1e22", "1e23", "1e-22", "1e-23", "12345678901234567890", "0.1", "2.5e-324", "1e999", "-1e-999",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "00000000000000000000001", "0.00000000000000000000000000001", "1e99999999999999999999",
	"3.141592653589793", "6.02214076e23", "1.7976931348623157e308", "123456789012345678901234567890.5"}

func TestFloatIsStrconv(t *testing.T) {
	for _, s := range seeds {
		check(t, s)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		v := math.Float64frombits(r.Uint64())
		check(t, strconv.FormatFloat(v, "eEfgG"[r.IntN(5)], r.IntN(22)-1, 64))
		check(t, fmt.Sprintf("%d.%0*d", r.IntN(100000), r.IntN(12)+1, r.IntN(1000000)))
	}
}

func FuzzFloat(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(check)
}

func TestSpecial(t *testing.T) {
	for _, s := range []string{"nan", "NaN", "-inf", "+Infinity", "INF", "-nan"} {
		if _, ok := Special([]byte(s)); !ok {
			t.Errorf("%q is not taken", s)
		}
	}
	for _, s := range []string{"", "-", "in", "nano", "infinit", "1"} { //nolint:misspell // one letter short of the word
		if v, ok := Special([]byte(s)); ok {
			t.Errorf("%q is taken for %v", s, v)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, s := range []string{"12.5", "3.14159265358979312", "123456789012345678901"} {
		b := []byte(s + "\n")
		if n := testing.AllocsPerRun(100, func() { Float(b, 0) }); n != 0 {
			t.Errorf("Float(%s) allocates %v times", s, n)
		}
	}
}

func BenchmarkFloat(b *testing.B) {
	for _, s := range []string{"253", "-12.5", "0.003921", "3.141592653589793", "0.30000000000000004"} {
		b.Run(s, func(b *testing.B) {
			text := []byte(s + "\n")
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Float(text, 0)
			}
		})
	}
}
