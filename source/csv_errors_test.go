package source_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/source"
)

// readAll opens and reads paths to the end or the first error.
func readAll(t testing.TB, opt source.Options, paths ...string) (rows, bad int64, err error) {
	t.Helper()
	ds, err := source.Open(t.Context(), paths, opt)
	if err != nil {
		return 0, 0, err
	}
	defer ds.Close()
	for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
		if err != nil {
			return rows, bad, err
		}
		b, err := s.Decode(t.Context())
		if err != nil {
			return rows, bad, err
		}
		rows += int64(b.Rows)
		bad += b.Bad
		b.Release()
	}
	return rows, bad, nil
}

// wantError checks that err tells the place (without the file's directory) and
// all the given words.
func wantError(t *testing.T, err error, name string, words ...string) {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, expected an *errs.Error", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("got   %v\nwithout %q", err, w)
		}
	}
	if name != "" && !strings.Contains(e.Pos.File, name) {
		t.Errorf("error is in file %q, expected %s", e.Pos.File, name)
	}
	if e.Fix == "" {
		t.Errorf("no fix in: %v", err)
	}
}

func TestCSVErrorsSayWhere(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		opt  source.Options
		want []string
	}{
		"text in a number column":                  {"a,b\n1,2\n3,4\n5,x1\n", source.Options{Sample: 2}, []string{"x.csv:4: column b", `"x1"`, "int64", "--types b=text"}},
		"float in an integer column":               {"a,b\n1,2\n3,4\n5.5,6\n", source.Options{Sample: 2}, []string{"x.csv:4: column a", `"5.5"`, "--types a=float64"}},
		"beyond int64":                             {"a\n1\n99999999999999999999\n", source.Options{Sample: 1}, []string{"x.csv:3: column a", "int64"}},
		"bad time":                                 {"a\n2020-01-01\n2020-02-30\n", source.Options{Sample: 1}, []string{"x.csv:3: column a", "2020-02-30", "time"}},
		"bad truth value":                          {"a\ntrue\nyes\n", source.Options{Sample: 1}, []string{"x.csv:3: column a", "yes", "bool"}},
		"too few columns":                          {"a,b,c\n1,2,3\n\n4,5\n", source.Options{}, []string{"x.csv:4", "found 2 columns, expected 3"}},
		"too many columns":                         {"a,b\n1,2\n\"x\ny\",5,6,7\n", source.Options{Types: map[string]string{"a": "text"}}, []string{"x.csv:4: column 6", "found 4 columns, expected 2"}},
		"unclosed quote":                           {"a,b\n1,2\n3,\"four\n5,6\n7,8\n", source.Options{}, []string{"x.csv:3: column 3", "never closed", "--quote none"}},
		"unclosed quote after line ends in fields": {"a,b\n\"1\n1\",2\n3,\"four\n5,6\n", source.Options{}, []string{"x.csv:4: column 3", "never closed"}},
		"quote inside a field":                     {"a,b\n1,2\n3,5\"\n", source.Options{}, []string{"x.csv:3: column 3", "quote inside a field"}},
		"text behind a quote":                      {"a,b\n1,\"x\"y\n", source.Options{}, []string{"x.csv:2: column 3", "behind a closing quote"}},
		"unclosed quote in header":                 {"a,\"b\n1,2\n", source.Options{}, []string{"x.csv:1: column 3", "never closed"}},
		"duplicate names":                          {"a,b,a\n1,2,3\n", source.Options{}, []string{"x.csv:1", "columns 1 and 3", `"a"`}},
		"not UTF-8":                                {"a,b\n1,x\n2,caf\xe9\n", source.Options{}, []string{"x.csv:3: column 6", "0xe9", "iconv"}},
		"UTF-16":                                   {"\xff\xfea\x00,\x00b\x00\n\x00", source.Options{Format: "csv"}, []string{"UTF-16", "iconv"}},
		"unknown column":                           {"dep_delay,b\n1,2\n", source.Options{Columns: []string{"dep_dely"}}, []string{"dep_dely", `did you mean "dep_delay"`}},
		"unknown type":                             {"a,b\n1,2\n", source.Options{Types: map[string]string{"a": "flot64"}}, []string{"flot64", `did you mean "float64"`}},
		"row beyond the cap":                       {"a,b\n1," + strings.Repeat("x", 5000) + "\n", source.Options{SegmentBytes: 64, MaxRow: 1024}, []string{"x.csv:2", "longer than 1024", "--max-row"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{8, 0} {
				opt := c.opt
				if opt.SegmentBytes == 0 {
					opt.SegmentBytes = size
				}
				_, _, err := readAll(t, opt, write(t, "x.csv", c.text))
				if err == nil {
					t.Fatal("no error")
				}
				if strings.HasPrefix(name, "unknown") {
					for _, w := range c.want {
						if !strings.Contains(err.Error(), w) {
							t.Errorf("got %v without %q", err, w)
						}
					}
					continue
				}
				wantError(t, err, "x.csv", c.want...)
			}
		})
	}
}

func TestSVMLightErrorsSayWhere(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		opt  source.Options
		want []string
	}{
		"beyond the width":   {"1 1:1\n1 1:1 785:3\n", source.Options{Features: 784}, []string{"x.svm:2: column 7", "feature 785 is beyond", "--features is 784", "--features 785"}},
		"decreasing":         {"1 1:1\n\n1 3:1 2:1\n", source.Options{Features: 9}, []string{"x.svm:3: column 7", "feature 2 behind 3"}},
		"twice":              {"1 1:1\n1 3:1 3:1\n", source.Options{Features: 9}, []string{"x.svm:2: column 7", "feature 3 twice"}},
		"index 0":            {"1 1:1\n1 0:1\n", source.Options{Features: 9, ZeroBased: source.No}, []string{"x.svm:2: column 3", "feature 0", "--zero-based yes"}},
		"bad value":          {"1 1:1\n1 2:x\n", source.Options{Features: 9}, []string{"x.svm:2: column 5", `"x"`, "a number"}},
		"no value":           {"1 1:1\n1 2: 3:1\n", source.Options{Features: 9}, []string{"x.svm:2: column 5", "a number"}},
		"half a number":      {"1 1:1\n1 2:1e\n", source.Options{Features: 9}, []string{"x.svm:2: column 5", `"1e"`}},
		"hexadecimal":        {"1 1:1\n1 2:0x10\n", source.Options{Features: 9}, []string{"x.svm:2: column 5", `"0x10"`}},
		"beyond float64":     {"1 1:1\n1 2:1e999\n", source.Options{Features: 9}, []string{"x.svm:2: column 5", "beyond float64"}},
		"nan":                {"1 1:1\n1 2:nan\n", source.Options{Features: 9}, []string{"x.svm:2: column 5", "finite", "--allow-non-finite"}},
		"infinite label":     {"1 1:1\ninf 2:1\n", source.Options{Features: 9}, []string{"x.svm:2: column 1", "finite"}},
		"missing label":      {"1 1:1\n3:1 4:1\n", source.Options{Features: 9}, []string{"x.svm:2: column 1", "expected a label"}},
		"several labels":     {"1 1:1\n1,2 4:1\n", source.Options{Features: 9}, []string{"x.svm:2: column 1", "several labels"}},
		"text":               {"1 1:1\nhello 4:1\n", source.Options{Features: 9}, []string{"x.svm:2: column 1", "a number as label"}},
		"no colon":           {"1 1:1\n1 4\n", source.Options{Features: 9}, []string{"x.svm:2: column 3", "index:value"}},
		"does not fit uint8": {"1 1:1\n1 4:256\n", source.Options{Features: 9, DType: 6}, []string{"x.svm:2: column 5", "256", "uint8"}},
		"line beyond cap":    {"1 1:1\n1" + strings.Repeat(" ", 3000) + "1:1\n", source.Options{Features: 9, SegmentBytes: 64, MaxRow: 1024}, []string{"x.svm:2", "longer than 1024"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{8, 0} {
				opt := c.opt
				opt.Format = "svmlight"
				if opt.SegmentBytes == 0 {
					opt.SegmentBytes = size
				}
				_, _, err := readAll(t, opt, write(t, "x.svm", c.text))
				if err == nil {
					t.Fatal("no error")
				}
				wantError(t, err, "x.svm", c.want...)
			}
		})
	}
}

func TestBadRowsAreLeftOutAndCounted(t *testing.T) {
	csv := "a,b\n1,2\nx,4\n5,6,7\n7,8\n\"9\",y\n11,12\n"
	svm := "1 1:1\n1 x\n1 2:1\n1 3:1 3:1\n1 4:1\n"
	var warnings []string
	events := event.Sink(func(e event.Event) { warnings = append(warnings, e.Message) })
	for _, size := range []int{1, 9, 0} {
		warnings = nil
		opt := source.Options{SkipBadRows: 3, SegmentBytes: size, Types: map[string]string{"a": "int64", "b": "int64"}, Events: events}
		if rows, bad, err := readAll(t, opt, write(t, "x.csv", csv)); rows != 3 || bad != 3 || err != nil {
			t.Errorf("csv in segments of %d: %d rows, %d bad, %v", size, rows, bad, err)
		}
		if len(warnings) != 3 || !strings.Contains(warnings[1], "x.csv:4") {
			t.Errorf("warnings: %q", warnings)
		}
		opt.SkipBadRows = 2
		_, _, err := readAll(t, opt, write(t, "x.csv", csv))
		wantError(t, err, "x.csv", "more than 2 bad rows", "x.csv:6")
		opt = source.Options{SkipBadRows: 2, SegmentBytes: size, Features: 9, Format: "svmlight", Dense: size == 9}
		if rows, bad, err := readAll(t, opt, write(t, "x.svm", svm)); rows != 3 || bad != 2 || err != nil {
			t.Errorf("svmlight in segments of %d: %d rows, %d bad, %v", size, rows, bad, err)
		}
	}
}

func TestFilesOfATableHaveOneHeader(t *testing.T) {
	a := write(t, "a.csv", "x,y\n1,2\n")
	_, _, err := readAll(t, source.Options{}, a, write(t, "b.csv", "x,z\n1,2\n"))
	wantError(t, err, "b.csv", `"z"`, `"y"`, "--header no")
	_, _, err = readAll(t, source.Options{}, a, write(t, "b.csv", "x,y,z\n1,2,3\n"))
	wantError(t, err, "b.csv", "3 columns", "expected the 2")
	if rows, _, err := readAll(t, source.Options{}, a, write(t, "b.csv", ""), write(t, "c.csv", "\ufeffx,y\r\n"), a); rows != 2 || err != nil {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestTypesComeFromTheFirstFileWithRows(t *testing.T) {
	ds, err := source.Open(t.Context(), []string{write(t, "a.csv", "x,y\n"), write(t, "b.csv", "x,y\n1,text\n")}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	if k := ds.Schema().Fields[1].Kind; k != source.Text {
		t.Errorf("column y is %s", k)
	}
}

func TestLongFieldIsRead(t *testing.T) {
	long := strings.Repeat("long, \"\"text\"\"\n", 1<<20)
	path := write(t, "x.csv", "a,b\n1,\""+long+"\"\n2,short\n")
	ds, err := source.Open(t.Context(), []string{path}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	var got []string
	for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Decode(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows {
			got = append(got, b.Record.Column(1).ValueStr(i))
		}
		b.Release()
	}
	if len(got) != 2 || got[0] != strings.ReplaceAll(long, `""`, `"`) || got[1] != "short" {
		t.Errorf("%d rows read wrongly", len(got))
	}
}
