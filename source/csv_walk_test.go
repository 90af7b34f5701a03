package source

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestWalkOfManyBytesIsThatOfLines walks texts with quotes, blank lines and long
// lines here and there, at every limit and from many places.
func TestWalkOfManyBytesIsThatOfLines(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	plain := 0
	for k := range 400 {
		var text bytes.Buffer
		odd := 4 << (k % 9)
		for range 1 + r.IntN(600) {
			fields := make([]string, 1+r.IntN(6))
			for j := range fields {
				fields[j] = strings.Repeat("x", r.IntN(9))
			}
			fields = append(fields, "")
			if r.IntN(odd) == 0 {
				fields[0] = pick(`"a`, `"b"`, "\"c\n\"", "\n", " \r\n", "\r\n", "word\n", strings.Repeat("long", 200), ",\n\n,")
			}
			text.WriteString(strings.Join(fields, ",") + pick("\n", "\n", "\r\n"))
		}
		b := text.Bytes()
		b = b[:len(b)-r.IntN(3)]
		for _, d := range []dialect{{delim: ',', quote: '"', quotes: true}, {delim: ','}, {delim: '\t', quote: '\'', quotes: true}} {
			for _, limit := range []int{1, fewRows, 100, 599, len(b)} {
				got, want := d.walk(b, limit), d.walkLines(b, limit, walked{})
				if got != want {
					t.Fatalf("limit %d: %+v, by lines %+v\n%q", limit, got, want, b)
				}
			}
			plain += d.walkPlain(b, len(b)).rows
		}
	}
	if plain < 20_000 {
		t.Errorf("only %d rows were plain", plain)
	}
}

func BenchmarkWalk(b *testing.B) {
	text := bytes.Repeat([]byte("2013,2,4,1032.0,924.0,68.0,1222.0,1118,64.0,EV,4234,N14148,EWR,STL,153.0,872,9,24,2013-02-04 14:00:00+00:00\n"), 10_000)
	d := dialect{delim: ',', quote: '"', quotes: true}
	for name, walk := range map[string]func() walked{
		"bytes": func() walked { return d.walk(text, len(text)) },
		"lines": func() walked { return d.walkLines(text, len(text), walked{}) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				walk()
			}
		})
	}
}
