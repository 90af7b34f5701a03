package memory

import (
	"errors"
	"math"
	"testing"

	"github.com/outcore/outcore/errs"
)

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"512MiB": 512 << 20, "1GB": 1e9, "1.5GiB": 3 << 29, "4096": 4096, "0": 0, "10B": 10,
		"64m": 64 << 20, "2 k": 2048, " 1 TiB ": 1 << 40, ".5GiB": 1 << 29, "9223372036854775807": math.MaxInt64,
		"8388607TiB": 8388607 << 40,
	} {
		if n, err := ParseSize(s); err != nil || n != want {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", s, n, err, want)
		}
	}
	for _, s := range []string{"", "MiB", "-1", "1..5GiB", "1.2.3", "8388608TiB", "9e9", "1 Gib MiB", "inf", "NaN", "99999999999999999999", "0x10", "١"} {
		if n, err := ParseSize(s); !errors.Is(err, errs.Invalid) {
			t.Errorf("ParseSize(%q) = %d, %v, want an error", s, n, err)
		}
	}
}

func TestFormatSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 640: "640 B", 1 << 10: "1 KiB", 1023: "1023 B", 1 << 20: "1 MiB", 1<<20 - 1: "1 MiB", 3 << 29: "1.5 GiB",
		214 << 20: "214 MiB", 10<<30 - 1: "10 GiB", math.MaxInt64: "8 EiB", -(3 << 20): "-3 MiB", math.MinInt64: "-8 EiB",
	} {
		if s := FormatSize(n); s != want {
			t.Errorf("FormatSize(%d) = %q, want %q", n, s, want)
		}
	}
}

func FuzzSizes(f *testing.F) {
	for _, s := range []string{"512MiB", "1.5GiB", "1GB", "4096", "-3", ""} {
		f.Add(s, int64(len(s))<<20)
	}
	f.Fuzz(func(t *testing.T, s string, n int64) {
		if v, err := ParseSize(s); v < 0 || err != nil && v != 0 {
			t.Errorf("ParseSize(%q) = %d, %v", s, v, err)
		}
		if n < 0 {
			FormatSize(n)
			return
		}
		v, err := ParseSize(FormatSize(n))
		if n < 7<<60 && (err != nil || math.Abs(float64(v)-float64(n)) > 0.06*float64(n)) {
			t.Errorf("%d prints as %q, which is %d, %v", n, FormatSize(n), v, err)
		}
		if n < 1<<62 {
			if v, err := ParseSize(FlagSize(n)); err != nil || v < n || v-n >= 1<<20 {
				t.Errorf("%d is the flag %q, which is %d, %v", n, FlagSize(n), v, err)
			}
		}
	})
}
