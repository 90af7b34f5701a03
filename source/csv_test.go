package source_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
)

// csvText is rows of all kinds of columns, with quotes, line ends in fields,
// missing values and blank lines among them.
func csvText(rows int, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 2))
	var b strings.Builder
	b.WriteString("\ufeffid,when,flag,price,\"na,me\",note\r\n")
	for i := range rows {
		if r.IntN(15) == 0 {
			b.WriteString("\r\n")
		}
		price := fmt.Sprint(r.NormFloat64() * 100)
		if r.IntN(5) == 0 {
			price = []string{"NA", "", "inf", `"12.5"`, " 3 "}[r.IntN(5)]
		}
		note := []string{"plain", `"with, comma"`, "\"two\r\nlines\"", `"a ""quote"""`, "", "NULL", "naïve", `""`}[r.IntN(8)]
		fmt.Fprintf(&b, "%d,2013-01-%02d 10:%02d:00,%v,%s,%s,%s%s", i-5, 1+r.IntN(28), r.IntN(60), r.IntN(2) == 0, price, "n"+fmt.Sprint(r.IntN(9)), note, []string{"\n", "\r\n"}[r.IntN(2)])
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestCSVConforms(t *testing.T) {
	one, two := csvText(300, 1), csvText(80, 2)
	paths := []string{write(t, "a.csv", one), write(t, "b.csv", two)}
	for name, opt := range map[string]source.Options{
		"all columns": {},
		"some":        {Columns: []string{"note", "id"}, Types: map[string]string{"id": "float32"}},
	} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Case{Addresses: paths, Options: opt, Cuts: sourcetest.Sizes(1, 100, 1000, 4096)})
		})
	}
	t.Run("gzip", func(t *testing.T) {
		packed := []string{write(t, "a.csv", gz(one)), write(t, "b.csv", gz(two[:500])+gz(two[500:]))}
		sourcetest.Run(t, sourcetest.Case{Addresses: packed, Plain: paths, Cuts: sourcetest.Sizes(100, 1000)})
	})
}

func BenchmarkCSV(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 3))
	var ints, floats, mixed strings.Builder
	for i := range 40_000 {
		if i == 0 {
			ints.WriteString("a,b,c,d,e,f,g,h\n")
			floats.WriteString("a,b,c,d,e,f,g,h\n")
			mixed.WriteString("year,month,day,dep,carrier,tail,origin,dest,dist,when\n")
		}
		for j := range 8 {
			end := ","
			if j == 7 {
				end = "\n"
			}
			fmt.Fprintf(&ints, "%d%s", r.IntN(20000)-1000, end)
			fmt.Fprintf(&floats, "%.4f%s", r.NormFloat64()*100, end)
		}
		fmt.Fprintf(&mixed, "2013,%d,%d,%d,UA,N%05d,EWR,%s,%d,2013-01-01 05:00:00\n", 1+i%12, 1+i%28, r.IntN(300)-20, r.IntN(4000), []string{"IAH", "MIA", "ORD"}[i%3], 200+r.IntN(4000))
	}
	for name, text := range map[string]string{"ints": ints.String(), "floats": floats.String(), "flights-like": mixed.String()} {
		b.Run(name, func(b *testing.B) { benchmark(b, write(b, "x.csv", text), len(text), source.Options{}) })
	}
}

func TestExpectedKindsGoBeforeTheSample(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte("zip,n,empty,extra\n0123,7,,x\n0456,8,,y\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ds, err := source.Open(t.Context(), []string{path}, source.Options{
		Expect: map[string]string{"zip": "text", "n": "float64", "empty": "text", "gone": "time", "extra": "text"},
		Types:  map[string]string{"extra": "text"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	var got []string
	for _, f := range ds.Schema().Fields {
		got = append(got, f.Name+" "+string(f.Kind)+" "+f.Type.String())
	}
	want := []string{"zip text dtype.Type(0)", "n number int64", "empty text dtype.Type(0)", "extra text dtype.Type(0)"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
