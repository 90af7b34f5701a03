package source

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var stripKinds = []columnKind{intColumn, textColumn, floatColumn, timeColumn, skipColumn, float32Column, boolColumn, intColumn}

// byRowsAndStrips parses b, whole lines, as a table of stripKinds one row after
// the other, and as strips wherever those go, and compares. Bad rows are left
// out; a strip must not hold one.
func byRowsAndStrips(t *testing.T, b []byte, d dialect) (strips int) {
	t.Helper()
	c := &csv{dialect: d, na: newMissing([]string{"", "NA", "2013-01-03"})}
	for j, k := range stripKinds {
		c.columns = append(c.columns, csvColumn{name: fmt.Sprint("c", j), kind: k, out: len(c.out)})
		if k != skipColumn {
			c.out = append(c.out, j)
		}
		if k == textColumn {
			c.texts++
		}
	}
	pool := newBuffers(nil, 1<<20)
	rows := bytes.Count(b, []byte{'\n'})
	parse := func(s *strip) *table {
		tab, err := c.newTable(pool, rows)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(b); {
			if s != nil {
				s.cut(b, i, rows-tab.rows, c.quotes)
				if end := s.end(); s.rows > 0 && tab.strip(s, b) {
					strips++
					tab.rows += s.rows
					i = end
					continue
				}
			}
			if j := bytes.IndexByte(b[i:], '\n') + 1; blank(b[i : i+j]) {
				i += j
				continue
			}
			end, _, bad := tab.row(b, i)
			if bad != nil {
				tab.undo(tab.rows)
				if bad.fatal {
					break
				}
				_, next, worse := c.row(b, i, nil)
				if worse != nil {
					break
				}
				i = next
				continue
			}
			tab.rows++
			i = end
		}
		return tab
	}
	want, got := parse(nil), parse(c.newStrip())
	if got.rows != want.rows {
		t.Fatalf("%d rows, one by one %d\n%q", got.rows, want.rows, b)
	}
	wantRows, gotRows := want.content(b), got.content(b)
	if !slices.Equal(gotRows, wantRows) {
		t.Fatalf("%v\none by one\n%v\n%q", gotRows, wantRows, b)
	}
	return strips
}

// content is what a table holds, as text.
func (t *table) content(b []byte) (rows []string) {
	for i := range t.rows {
		var s strings.Builder
		for _, j := range t.c.out {
			col := &t.cols[j]
			if col.valid[i/8]>>(i%8)&1 == 0 {
				s.WriteString(" -")
				continue
			}
			switch col.kind {
			case intColumn, timeColumn:
				fmt.Fprintf(&s, " %d", col.ints[i])
			case floatColumn:
				fmt.Fprintf(&s, " %x", col.floats[i])
			case float32Column:
				fmt.Fprintf(&s, " %x", col.singles[i])
			case boolColumn:
				fmt.Fprintf(&s, " %d", col.bits[i/8]>>(i%8)&1)
			case textColumn:
				fmt.Fprintf(&s, " %q", b[col.lo[i]:col.lo[i]+col.n[i]&^spanDoubled])
			}
		}
		rows = append(rows, s.String())
	}
	return rows
}

// stripText is rows of stripKinds; one value in odd is of another kind.
func stripText(r *rand.Rand, rows, odd int) []byte {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	var b bytes.Buffer
	for range rows {
		fields := []string{
			fmt.Sprint(r.IntN(2000) - 1000), pick("", "a", "NA", "naïve text", "UA"), pick("", "0.5", "-17.0", "3", "-0.0", "1e5", "123456.7891"),
			pick("2013-01-01", "2013-01-03", "", "2013-02-28 10:11:12", "2013-02-28 10:11:12+01:00", "2013-02-28T10:11Z"), "skipped",
			pick("1.5", "-2.25", ""), pick("true", "false", ""), fmt.Sprint(r.IntN(1 << 30)),
		}
		if r.IntN(odd) == 0 {
			fields[r.IntN(len(fields))] = pick("x", `"1"`, "\"a,b\nc\"", "1,2", " 7", "+7", "1.5", "99999999999", "nan", "\r", "2013-02-30", `5"`, " ")
		}
		b.WriteString(strings.Join(fields, ",") + pick("\n", "\n", "\n", "\r\n"))
		if r.IntN(odd) == 0 {
			b.WriteString(pick("\n", " \r\n"))
		}
	}
	return b.Bytes()
}

func TestStripsAreTheirRows(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	strips := 0
	for k := range 300 {
		for _, d := range []dialect{{delim: ',', quote: '"', quotes: true}, {delim: ',', quotes: false}, {delim: ',', quote: '"', quotes: true, trim: true}} {
			strips += byRowsAndStrips(t, stripText(r, 1+r.IntN(400), 10<<(k%8)), d)
		}
	}
	if strips < 500 {
		t.Errorf("only %d strips were parsed", strips)
	}
}

func FuzzStrip(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 9))
	f.Add([]byte("1,a,2.5,2013-01-01,x,1.5,true,7\n"), byte(3))
	f.Add(stripText(r, 20, 4), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, how byte) {
		b = append(b, '\n')
		b = bytes.Repeat(b, 200/len(b)+1)
		byRowsAndStrips(t, b, dialect{delim: ',', quote: '"', quotes: how&1 != 0, trim: how&2 != 0})
	})
}

func TestSeparatorsOfVectorsAndWords(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, stripBytes)
	for i := range text {
		text[i] = ",\n\"a\xac\x8a\x00\xff-\x2b\x2d"[r.IntN(11)]
	}
	for _, words := range []int{0, 1, 2, 3, 100, stripBytes / 64} {
		a, b := separators{delim: ',', line: '\n', quote: '"'}, separators{delim: ',', line: '\n', quote: '"'}
		a.find(text[:64*words])
		b.findGo(text[:64*words])
		if a != b {
			t.Fatalf("%d words differ", words)
		}
		for i, c := range text[:64*words] {
			w, bit := a.words[i/64], uint64(1)<<(i%64)
			if (w.ends&bit != 0) != (c == ',' || c == '\n') || (w.lines&bit != 0) != (c == '\n') || (w.quotes&bit != 0) != (c == '"') {
				t.Fatalf("byte %d, %q: %+v", i, c, w)
			}
		}
	}
}

func TestNotesOfVectorsAndWords(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 2))
	var words [stripBytes / 64]separatorWord
	for k := range words {
		m := ^uint64(0)
		for range k % 7 {
			m &= r.Uint64()
		}
		words[k].ends = m
	}
	for _, count := range []int{0, 1, 2, 7, 100, len(words)} {
		a, b := make([]uint32, stripBytes+notesSlack), make([]uint32, stripBytes+notesSlack)
		n, want := notes(a, 77, words[:count]), notesGo(b, 77, words[:count])
		if n != want || !slices.Equal(a[:n], b[:n]) {
			t.Fatalf("%d words: %d ends, one by one %d", count, n, want)
		}
		for k, at := range a[:n] {
			if at -= 77; words[at/64].ends>>(at%64)&1 == 0 || k > 0 && a[k-1] >= a[k] {
				t.Fatalf("end %d at %d", k, at)
			}
		}
	}
}

func BenchmarkNotes(b *testing.B) {
	s := separators{delim: ',', line: '\n', quote: '"'}
	text := bytes.Repeat([]byte("2013,2,4,1032.0,924.0,68.0,1222.0,1118,64.0,EV,4234,N14148,EWR,STL,153.0,872,9,24,2013-02-04 14:00:00+00:00\n"), 200)[:stripBytes]
	s.find(text)
	to := make([]uint32, stripBytes+notesSlack)
	for name, f := range map[string]func([]uint32, uint32, []separatorWord) int{"vectors": notes, "words": notesGo} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(stripBytes)
			for b.Loop() {
				f(to, 0, s.words[:])
			}
		})
	}
}
