package number

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// checkFields compares Ints and Floats with Int and Float: what they read must
// be the same, and they must read what is short enough.
func checkFields(t *testing.T, fields []string) {
	t.Helper()
	b := []byte("........") // what is before the first field is nothing's
	ends := []uint32{uint32(len(b)), uint32(len(b))}
	b = append(b, ',')
	for _, f := range fields {
		b = append(b, f...)
		ends[len(ends)-1] = uint32(len(b) - len(f) - 1)
		ends = append(ends, uint32(len(b)), 0)
		b = append(b, ',')
	}
	const none = math.MaxInt64 - 1
	for r, f := range fields {
		want, end, ok := Int(b, int(ends[2*r]+1))
		ok = ok && end == int(ends[2*r+1])
		got := []int64{none}
		n := Ints(got, b, ends[2*r:], 2)
		digits := strings.TrimPrefix(f, "-")
		if short := ok && len(digits) <= 8 && f[0] != '+'; n == 1 != short || n == 1 && got[0] != want || n == 0 && got[0] != none {
			t.Errorf("Ints(%q) = %d, %d; Int gives %d, %v", f, got[0], n, want, ok)
		}
		wantFloat, end, ok := Float(b, int(ends[2*r]+1))
		ok = ok && end == int(ends[2*r+1])
		gotFloat := []float64{none}
		n = Floats(gotFloat, b, ends[2*r:], 2)
		short := ok && len(digits) <= 8 && f[0] != '+' && !strings.ContainsAny(f, "eE")
		if n == 1 != short || n == 1 && math.Float64bits(gotFloat[0]) != math.Float64bits(wantFloat) {
			t.Errorf("Floats(%q) = %v, %d; Float gives %v, %v", f, gotFloat[0], n, wantFloat, ok)
		}
	}
}

func TestFieldsAreIntAndFloat(t *testing.T) {
	fields := append([]string{"", ".", "-", "-.", "--1", "1-", "1.2.3", "..", "5.", "-.5", "-0", "-0.0", "00000000", "99999999", "-99999999", "999999999",
		"-1234.567", "1234567.", ".1234567", ":", "/", "1:2", "1/2", " 1", "1 ", "1\r", "\x80", "1\xb0", "\xb01", "\xae1", "1\xae", "9.\xb9"}, seeds...)
	r := rand.New(rand.NewPCG(3, 4))
	for range 50_000 {
		fields = append(fields, fmt.Sprint(r.IntN(1<<r.IntN(31))-r.IntN(1<<r.IntN(31))),
			fmt.Sprintf("%.*f", r.IntN(6), (r.Float64()-.5)*float64(int(1)<<r.IntN(20))))
		odd := make([]byte, r.IntN(10))
		for i := range odd {
			odd[i] = "0123456789.-+ \x90\xb5\xae/:e"[r.IntN(20)]
		}
		fields = append(fields, string(bytes.ReplaceAll(odd, []byte{','}, nil)))
	}
	checkFields(t, fields)
}

func TestFieldsStopAtTheFirstOdd(t *testing.T) {
	b := []byte("x,y,z,7,8,-9,1.5,,3\n")
	ends := []uint32{7, 9, 12, 16, 17, 19}
	ints, floats := make([]int64, 5), make([]float64, 5)
	if n := Ints(ints, b, ends, 1); n != 2 || ints[0] != 8 || ints[1] != -9 {
		t.Errorf("Ints: %v, %d", ints, n)
	}
	if n := Floats(floats, b, ends, 1); n != 3 || floats[2] != 1.5 {
		t.Errorf("Floats: %v, %d", floats, n)
	}
}

func FuzzFields(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, "1.5")
	}
	f.Fuzz(func(t *testing.T, a, b string) { checkFields(t, []string{a, b}) })
}

func TestFieldsByFourAreByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for k := range 400 {
		b := []byte("........")
		stride, rows := 1+r.IntN(5), 1+r.IntN(100)
		ends := []uint32{7}
		for range rows * stride {
			switch r.IntN(2 << (k % 9)) {
			case 0:
				for range r.IntN(12) {
					b = append(b, "0123456789.-+ \x90\xb5\xae/:e"[r.IntN(20)])
				}
			case 1:
				b = fmt.Append(b, r.Int64()-r.Int64())
			default:
				b = fmt.Appendf(b, "%.*f", r.IntN(5), (r.Float64()-.5)*float64(int(1)<<r.IntN(16)))
			}
			ends = append(ends, uint32(len(b)))
			b = append(b, ',')
		}
		for j := range stride {
			sameByOne(t, Ints, ints, b, ends[j:], stride, rows)
			sameByOne(t, Floats[float64], floats[float64], b, ends[j:], stride, rows)
			sameByOne(t, Floats[float32], floats[float32], b, ends[j:], stride, rows)
		}
	}
}

// sameByOne compares two ways to read all fields of a column but the odd ones.
func sameByOne[T int64 | float32 | float64](t *testing.T, some, one func([]T, []byte, []uint32, int) int, b []byte, ends []uint32, stride, rows int) {
	t.Helper()
	got, want := make([]T, rows), make([]T, rows)
	for r := 0; r < rows; r++ {
		n := one(want[r:], b, ends[r*stride:], stride)
		if m := some(got[r:], b, ends[r*stride:], stride); m != n {
			t.Fatalf("%d of %d fields, one by one %d: %q", m, rows-r, n, b)
		}
		r += n
	}
	for r := range got {
		if math.Float64bits(float64(got[r])) != math.Float64bits(float64(want[r])) {
			t.Fatalf("field %d is %v, one by one %v", r, got[r], want[r])
		}
	}
}
