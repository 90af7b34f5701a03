package source_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
)

// tree writes files below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// names opens addresses and lists the base names of their files.
func names(t *testing.T, addresses ...string) string {
	t.Helper()
	ds, err := source.Open(t.Context(), addresses, source.Options{})
	if err != nil {
		return err.Error()
	}
	defer ds.Close()
	var list []string
	for _, f := range ds.Files() {
		if f.Version == "" || f.Size < 0 {
			t.Errorf("%s has size %d, version %q", f.Address, f.Size, f.Version)
		}
		list = append(list, filepath.Base(f.Address))
	}
	return strings.Join(list, " ")
}

func TestFilesAreInTheOrderOfTheirNames(t *testing.T) {
	const text = "a,b\n1,2\n"
	dir := tree(t, map[string]string{"p10.csv": text, "p2.csv": text, "sub/p1.csv": text, "notes.md": "x", "m.manifest.json": "{}", ".hidden": "x", "_SUCCESS": "", "[x].csv": text})
	for _, c := range []struct{ address, want string }{
		{dir, "[x].csv p10.csv p2.csv p1.csv"},
		{dir + "/p*.csv", "p10.csv p2.csv"},
		{dir + "/*/p?.csv", "p1.csv"},
		{dir + "/[x].csv", "[x].csv"},
		{"file://" + dir + "/p2.csv", "p2.csv"},
	} {
		if got := names(t, c.address); got != c.want {
			t.Errorf("%s: %s, expected %s", c.address, got, c.want)
		}
	}
	if got := names(t, dir+"/p2.csv", dir+"/p10.csv", dir+"/p2.csv"); got != "p2.csv p10.csv p2.csv" {
		t.Errorf("several addresses: %s", got)
	}
}

func TestObjectsAreReadLikeFiles(t *testing.T) {
	ctx := t.Context()
	b, err := blob.Open(ctx, "mem://source-test")
	if err != nil {
		t.Fatal(err)
	}
	text := csvText(100, 9)
	for _, key := range []string{"d/b.csv", "d/a.csv.gz", "d/x.json", "d/.x", "dd.csv"} {
		content := text
		if strings.HasSuffix(key, "gz") {
			content = gz(text)
		}
		if _, err := b.Put(ctx, key, strings.NewReader(content), int64(len(content)), blob.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for address, want := range map[string]string{
		"mem://source-test/d":       "a.csv.gz b.csv",
		"mem://source-test/d/":      "a.csv.gz b.csv",
		"mem://source-test/d/*.csv": "b.csv",
		"mem://source-test/d/b.csv": "b.csv",
		"mem://source-test/*.csv":   "dd.csv",
	} {
		if got := names(t, address); got != want {
			t.Errorf("%s: %s, expected %s", address, got, want)
		}
	}
	sourcetest.Run(t, sourcetest.Case{Addresses: []string{"mem://source-test/d"}, Cuts: sourcetest.Sizes(200, 1000)})
	_, err = source.Open(ctx, []string{"mem://source-test/nothing"}, source.Options{})
	if !errors.Is(err, errs.NotFound) {
		t.Errorf("a missing object: %v", err)
	}
}

func TestOpenSaysWhatIsNotThere(t *testing.T) {
	dir := tree(t, map[string]string{"empty.csv": "", "blank.csv": "\n\r\n \n", "bin": "\x00\x01\x02\x03", "x.csv": "a\n1\n", "d/only.md": ""})
	for name, c := range map[string]struct {
		address string
		opt     source.Options
		kind    errs.Kind
		want    []string
	}{
		"no file":       {dir + "/no.csv", source.Options{}, errs.NotFound, []string{"no.csv", "no such file"}},
		"no match":      {dir + "/*.tsv", source.Options{}, errs.NotFound, []string{"*.tsv", "no file matches", dir}},
		"bad glob":      {dir + "/[x", source.Options{}, errs.Invalid, []string{"unclosed ["}},
		"no data":       {dir + "/d", source.Options{}, errs.NotFound, []string{"without data files"}},
		"empty":         {dir + "/empty.csv", source.Options{}, errs.Invalid, []string{"empty.csv", "the file is empty"}},
		"blank":         {dir + "/blank.csv", source.Options{}, errs.Invalid, []string{"blank.csv"}},
		"binary":        {dir + "/bin", source.Options{}, errs.Unsupported, []string{"00 01 02 03", "csv", "svmlight"}},
		"no format":     {dir + "/x.csv", source.Options{Format: "csw"}, errs.Invalid, []string{"csw", `did you mean "csv"`}},
		"bad option":    {dir + "/x.csv", source.Options{Header: "maybe"}, errs.Invalid, []string{"--header", "maybe"}},
		"bad quote":     {dir + "/x.csv", source.Options{Quote: "ab"}, errs.Invalid, []string{"--quote"}},
		"bad delimiter": {dir + "/x.csv", source.Options{Delimiter: "a"}, errs.Invalid, []string{"--delimiter"}},
		"a model":       {"model://x", source.Options{}, errs.Unsupported, []string{"model://x"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.Open(t.Context(), []string{c.address}, c.opt)
			if !errors.Is(err, c.kind) {
				t.Fatalf("got %v, expected %v", err, c.kind)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("got %v\nwithout %q", err, w)
				}
			}
		})
	}
	if _, err := source.Open(t.Context(), nil, source.Options{}); !errors.Is(err, errs.Invalid) {
		t.Errorf("no address: %v", err)
	}
}

func TestStandardInputIsReadOnce(t *testing.T) {
	text := csvText(200, 5)
	for name, raw := range map[string]string{"plain": text, "gzip": gz(text)} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "x.csv", text)
			file, err := source.Open(t.Context(), []string{path}, source.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			want := sourcetest.Rows(t, file, source.Cursor{})
			ds, err := source.Open(t.Context(), []string{"-"}, source.Options{Stdin: strings.NewReader(raw), SegmentBytes: 500})
			if err != nil {
				t.Fatal(err)
			}
			defer ds.Close()
			got := sourcetest.Rows(t, ds, source.Cursor{})
			if len(got) != len(want) {
				t.Fatalf("%d rows, expected %d", len(got), len(want))
			}
			for i := range got {
				if got[i] != strings.Replace(want[i], path, "-", 1) {
					t.Fatalf("row %d: got %s, expected %s", i, got[i], want[i])
				}
			}
			for _, err := range ds.Segments(t.Context(), source.Cursor{}) {
				wantError(t, err, "", "only once")
			}
		})
	}
	_, err := source.Open(t.Context(), []string{"-"}, source.Options{Stdin: strings.NewReader("1 1:2\n")})
	wantError(t, err, "-", "width", "--features")
}

func TestChangedFileIsNoticed(t *testing.T) {
	path := write(t, "x.csv", "a\n1\n2\n")
	ds, err := source.Open(t.Context(), []string{path}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	if err := os.WriteFile(path, []byte("a\n1\n2\n3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, err := range ds.Segments(t.Context(), source.Cursor{}) {
		if !errors.Is(err, errs.Conflict) {
			t.Errorf("got %v, expected a conflict", err)
		}
	}
}

func TestRowsBeforeAFaultAreDelivered(t *testing.T) {
	text := csvText(5000, 6)
	var zst bytes.Buffer
	w, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	for name, packed := range map[string]string{"gzip": gz(text), "zstd": zst.String()} {
		t.Run(name, func(t *testing.T) {
			cut := packed[:len(packed)*3/4]
			rows, _, err := readAll(t, source.Options{SegmentBytes: 4096}, write(t, "x.csv", cut))
			var e *errs.Error
			if !errors.As(err, &e) || e.Kind != errs.Corrupt || !strings.Contains(e.Pos.File, "x.csv") {
				t.Fatalf("got %v, expected corrupt", err)
			}
			if name == "gzip" && rows < 1000 {
				t.Errorf("%d rows before the fault", rows)
			}
		})
	}
}

func TestCompressedByContent(t *testing.T) {
	text := csvText(3000, 8)
	plain := write(t, "x.csv", text)
	var zst bytes.Buffer
	for i, part := range []string{text[:len(text)/3], text[len(text)/3:]} { // two frames
		w, err := zstd.NewWriter(&zst, zstd.WithEncoderLevel(zstd.EncoderLevel(1+i)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	sourcetest.Run(t, sourcetest.Case{Addresses: []string{write(t, "x.csv", zst.String())}, Plain: []string{plain}, Cuts: sourcetest.Sizes(10_000)})
	packed, err := os.ReadFile("testdata/table.csv.bz2")
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Run(t, sourcetest.Case{Addresses: []string{write(t, "x", string(packed))}, Plain: []string{"testdata/table.csv"}, Cuts: sourcetest.Sizes(100)})
}

func TestCancelledOpen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := source.Open(ctx, []string{write(t, "x.svm", "1 1:2\n")}, source.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFilesOfTwoFormatsAreNamed(t *testing.T) {
	const table, rows = "a,b\n1,2\n", "1 1:2 3:4\n0 2:1\n"
	for want, files := range map[string]map[string]string{
		"files of two formats: csv (1.csv), parquet (2.parquet)": {"1.csv": table, "2.parquet": "PAR1 and more"},
		"files of two formats: svmlight (1.txt), csv (3.txt)":    {"1.txt": rows, "2.txt": "1\n0\n", "3.txt": table},
		"files of two formats: csv (1.csv), svmlight (2.svm.gz)": {"1.csv": table, "2.svm.gz": gz(rows)},
		"1.txt 2.txt": {"1.txt": rows, "2.txt": "1\n0\n"}, // labels alone
		"1.csv 2.csv": {"1.csv": table, "2.csv": ""},
	} {
		if got := names(t, tree(t, files)); !strings.Contains(got, want) {
			t.Errorf("%v: %s, want %s", files, got, want)
		}
	}
}
