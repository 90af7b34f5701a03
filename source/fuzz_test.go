package source_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
)

// batches reads text from standard input and calls f for each batch.
func batches(t *testing.T, text []byte, opt source.Options, f func(*source.Batch)) error {
	opt.Stdin = bytes.NewReader(text)
	ds, err := source.Open(t.Context(), []string{"-"}, opt)
	if err != nil {
		return err
	}
	defer ds.Close()
	for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
		if err != nil {
			return err
		}
		b, err := s.Decode(t.Context())
		if err != nil {
			return err
		}
		f(b)
		b.Release()
	}
	return nil
}

// wantKind fails when err is not one of ours: bad input must be told as such.
func wantKind(t *testing.T, err error) {
	var e *errs.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("error %v is no *errs.Error", err)
	}
}

var spacesOnly = regexp.MustCompile(`(?m)^[ \r]+$`)

// FuzzCSV compares with encoding/csv, in segments of two sizes.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"b\",c\r\nd,\"e\nf\"", "a\n\nb", "a,b\nc", "a\"b", "\"a", "\"a\"b", ",\n,", "\"\"\n", "a\r\r\nb\r", "x,\"\r\n\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) || bytes.HasPrefix(text, []byte("\ufeff")) || spacesOnly.Match(text) || len(bytes.TrimSpace(text)) == 0 {
			t.Skip("read in another way by encoding/csv")
		}
		r := stdcsv.NewReader(bytes.NewReader(text))
		want, wantErr := r.ReadAll()
		for _, size := range []int{3, 1 << 20} {
			var got [][]string
			err := batches(t, text, source.Options{Format: "csv", Header: source.No, Delimiter: ",", Trim: source.No, NA: []string{},
				Types: map[string]string{"*": "text"}, SegmentBytes: size}, func(b *source.Batch) {
				for i := range b.Rows {
					row := make([]string, b.Record.NumCols())
					for j := range row {
						row[j] = strings.Clone(strings.ReplaceAll(b.Record.Column(j).(*array.String).Value(i), "\r\n", "\n"))
					}
					got = append(got, row)
				}
			})
			wantKind(t, err)
			if (err != nil) != (wantErr != nil) {
				t.Fatalf("%q in segments of %d: error %v, encoding/csv has %v", text, size, err, wantErr)
			}
			if err == nil && fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
				t.Fatalf("%q in segments of %d: %q, encoding/csv has %q", text, size, got, want)
			}
		}
	})
}

var (
	floatForm = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
	indexForm = regexp.MustCompile(`^[0-9]+$`)
	queryForm = regexp.MustCompile(`^qid:[+-]?[0-9]{1,18}$`)
)

// reference parses svmlight counted from 1 the plain way: one line of text a row.
func reference(text string, width int) (rows []string, ok bool) {
	float := func(s string) (float64, bool) {
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil && floatForm.MatchString(s)
	}
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\v\f", r) })
		if len(fields) == 0 {
			continue
		}
		label, ok := float(fields[0])
		if !ok {
			return nil, false
		}
		row := fmt.Sprintf("%x", math.Float64bits(label))
		prev := 0
		for _, f := range fields[1:] {
			if prev == 0 && queryForm.MatchString(f) {
				continue
			}
			index, value, colon := strings.Cut(f, ":")
			j, err := strconv.Atoi(index)
			v, isFloat := float(value)
			if !colon || !indexForm.MatchString(index) || err != nil || j <= prev || j > width || !isFloat {
				return nil, false
			}
			row += fmt.Sprintf(" %d:%x", j, math.Float64bits(v))
			prev = j
		}
		rows = append(rows, row)
	}
	return rows, true
}

// FuzzSVMLight compares with reference, in segments of two sizes.
func FuzzSVMLight(f *testing.F) {
	for _, s := range []string{"1 1:2\n", "-1 qid:3 1:.5 7:1e3 # c\r\n\n2", "1 2:1 1:1", "x", "1 1:", "1 1:0x1", "1,2 1:1", "#\n 1\t3:4"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.HasPrefix(text, []byte("\ufeff")) || bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
			t.Skip("a byte order mark")
		}
		const width = 1000
		want, ok := reference(string(text), width)
		for _, opt := range []source.Options{{SegmentBytes: 5}, {}, {Dense: true, SegmentBytes: 20}} {
			opt.Format, opt.Features, opt.ZeroBased = "svmlight", width, source.No
			var got []string
			err := batches(t, text, opt, func(b *source.Batch) {
				if err := b.Block.Check(); err != nil {
					t.Fatal(err)
				}
				for i := range b.Rows {
					got = append(got, renderPairs(b, i))
				}
			})
			wantKind(t, err)
			if (err == nil) != ok {
				t.Fatalf("%q: error %v, the reference takes it: %v", text, err, ok)
			}
			if ok && !opt.Dense && fmt.Sprint(got) != fmt.Sprint(want) || ok && len(got) != len(want) {
				t.Fatalf("%q:\n got %v\nwant %v", text, got, want)
			}
		}
	})
}

// FuzzOpen reads anything in any format; it must end, and without a panic.
func FuzzOpen(f *testing.F) {
	for _, s := range []string{"", "a;b\n1;2", "1 1:2", "PAR1", "\x93NUMPY", "PK\x03\x04", "\x1f\x8b\x08", "BZh91AY&SY", "a\t\"b\n", "2013-01-01,true,1e5\n,,\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, size := range []int{7, 1 << 20} {
			wantKind(t, batches(t, text, source.Options{SegmentBytes: size, MaxRow: 1 << 16, SkipBadRows: 2, Features: 10}, func(*source.Batch) {}))
		}
	})
}

// FuzzCuts reads in segments of two sizes, bad rows left out: rows, lines,
// numbers and whether there is an error must be the same.
func FuzzCuts(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\nx,3\n4\n5,6\n", "a\n1\n\"x\ny\"\n2\n", "1 1:2\n1 x\n\n2 3:4\n", "a;b\r\n1;\"2\"\r\n;;\r\n3;4", "1 2:3 2:4\n# c\n-1\n"} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		for _, format := range []string{"csv", "svmlight"} {
			var got [2][]string
			var errors [2]error
			for i, n := range []int{1 + int(size), 1 << 20} {
				opt := source.Options{Format: format, SkipBadRows: 1 << 40, SegmentBytes: n, Features: 50, Sample: 2}
				errors[i] = batches(t, text, opt, func(b *source.Batch) {
					if b.Next.Row != b.First+int64(b.Rows)+b.Bad {
						t.Fatalf("%q: %d rows and %d bad ones from %d to %d", text, b.Rows, b.Bad, b.First, b.Next.Row)
					}
					for _, row := range sourcetest.Render(b) {
						got[i] = append(got[i], strings.Clone(row))
					}
				})
				wantKind(t, errors[i])
			}
			if (errors[0] == nil) != (errors[1] == nil) || errors[0] != nil && errors[0].Error() != errors[1].Error() {
				t.Fatalf("%s %q in segments of %d: error %v, whole: %v", format, text, 1+size, errors[0], errors[1])
			}
			if errors[0] == nil && fmt.Sprint(got[0]) != fmt.Sprint(got[1]) {
				t.Fatalf("%s %q in segments of %d:\n got %q\nwant %q", format, text, 1+size, got[0], got[1])
			}
		}
	})
}
