package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

var rewrite = flag.Bool("rewrite", false, "write what commands say into testdata/messages anew; read the diff")

// TestMessages runs the scripts of testdata/messages: what a user types, and
// what the program says to it. A script is blocks that ---- ends:
//
//	file NAME          makes a file of the lines that follow
//	bytes NAME         the same, each line a Go string, nothing between them
//	made NAME          makes a file that this test knows
//	edit FROM TO OLD NEW  copies the directory of FROM to that of TO, with NEW
//	                   in the file for what matches OLD, which something must
//	outcore ARGS       runs the program; the exit code and all that it says
//	                   follows, with > before the lines of stdout, DIR for the
//	                   directory it runs in, and SIZE for an amount of memory
func TestMessages(t *testing.T) {
	scripts, err := filepath.Glob("testdata/messages/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := newShell(t).play(string(text))
			if *rewrite {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(text) {
				t.Errorf("%s is not what the program says now (go test ./cmd/outcore -run Messages -rewrite shows where):\n%s", path, firstDifference(got, string(text)))
			}
		})
	}
}

// firstDifference shows the first line that differs.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return fmt.Sprintf("line %d: %s\nexpected: %s", i+1, a[i], strings.Join(b[min(i, len(b)):min(i+1, len(b))], ""))
		}
	}
	return "it ends early"
}

// play runs a script and gives it with what the program said.
func (s *shell) play(script string) string {
	s.t.Helper()
	var out strings.Builder
	lines := strings.Split(strings.TrimSuffix(script, "\n"), "\n")
	block := func() []string { // up to ----
		for i, line := range lines {
			if line == "----" {
				b := slices.Clip(lines[:i])
				lines = lines[i+1:]
				return b
			}
		}
		s.t.Fatal("a block has no end")
		return nil
	}
	for len(lines) > 0 {
		line := lines[0]
		lines = lines[1:]
		out.WriteString(line + "\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "", "#":
			continue
		case "made":
			s.make(rest)
			continue
		case "edit":
			s.edit(words(rest))
			continue
		case "file":
			b := block()
			s.write(rest, []byte(strings.Join(append(b, ""), "\n")))
			out.WriteString(strings.Join(append(b, "----", ""), "\n"))
		case "bytes":
			b := block()
			var data []byte
			for _, quoted := range b {
				raw, err := strconv.Unquote(quoted)
				if err != nil {
					s.t.Fatalf("%s: %v", quoted, err)
				}
				data = append(data, raw...)
			}
			s.write(rest, data)
			out.WriteString(strings.Join(append(b, "----", ""), "\n"))
		case "outcore":
			block()
			o := s.run(words(rest)...)
			o.stdout, o.stderr = s.timeless(o.stdout), s.timeless(o.stderr)
			fmt.Fprintf(&out, "exit %d\n", o.exit)
			for l := range strings.Lines(o.stdout) {
				out.WriteString("> " + strings.TrimSuffix(l, "\n") + "\n")
			}
			out.WriteString(o.stderr)
			if o.stderr != "" && !strings.HasSuffix(o.stderr, "\n") {
				out.WriteString("\n")
			}
			out.WriteString("----\n")
		default:
			s.t.Fatalf("%q begins no block", line)
		}
	}
	return out.String()
}

var (
	sizes  = regexp.MustCompile(`[0-9.]+ ?[KMGT]?i?B\b`)
	amount = regexp.MustCompile(`(?m)^(.* needs|memory|outcore [0-9]|pass [0-9]+:|.*; peak).*$`)
	ids    = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{20}\b`)
	times  = regexp.MustCompile(`\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?`)
)

// timeless leaves out what is not the same everywhere and always: directories,
// amounts of memory, times, and the ids of snapshots but the first one's.
func (s *shell) timeless(said string) string {
	said = strings.ReplaceAll(said, s.dir, "DIR")
	said = times.ReplaceAllString(said, "TIME")
	said = ids.ReplaceAllStringFunc(said, func(id string) string {
		if id == "1CECHNKREP0F1RSTCMT0" {
			return id
		}
		return "SNAPSHOT"
	})
	return amount.ReplaceAllStringFunc(said, func(line string) string { return sizes.ReplaceAllString(line, "SIZE") })
}

// words splits a command line at spaces, except inside single quotes.
func words(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

// edit copies the directory of a file and changes the copy of the file.
func (s *shell) edit(args []string) {
	s.t.Helper()
	if len(args) != 4 {
		s.t.Fatalf("edit takes 4 words, found %q", args)
	}
	from, to := filepath.Join(s.dir, args[0]), filepath.Join(s.dir, args[1])
	data, err := os.ReadFile(from)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Dir(to), os.DirFS(filepath.Dir(from))); err != nil {
		s.t.Fatal(err)
	}
	old := regexp.MustCompile(args[2])
	if !old.Match(data) {
		s.t.Fatalf("nothing in %s matches %s", args[0], args[2])
	}
	s.write(args[1], old.ReplaceAll(data, []byte(args[3])))
}

// make makes a file by name: what comes before the first ! says what was done
// to it, as in cut!flights.csv.gz.
func (s *shell) make(name string) {
	s.t.Helper()
	how, file, damaged := strings.Cut(name, "!")
	if !damaged {
		how, file = "", name
	}
	var data []byte
	switch base, ext := strings.TrimSuffix(file, filepath.Ext(file)), filepath.Ext(file); {
	case ext == ".gz":
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write(plainFile(base))
		if err != nil || w.Close() != nil {
			s.t.Fatal(err)
		}
		data = b.Bytes()
	case ext == ".zst":
		w, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(true))
		if err != nil {
			s.t.Fatal(err)
		}
		data = w.EncodeAll(plainFile(base), nil)
	case ext == ".bz2":
		cmd := exec.Command("bzip2", "-1c")
		cmd.Stdin = bytes.NewReader(plainFile(base))
		out, err := cmd.Output()
		if err != nil {
			s.t.Skipf("NOT TESTED: needs the program bzip2: %v", err)
		}
		data = out
	default:
		data = plainFile(file)
	}
	switch how {
	case "":
	case "cut":
		data = data[:len(data)*2/3]
	case "flipped":
		for i := range 64 {
			data[len(data)/2+i] ^= 0x55
		}
	default:
		s.t.Fatalf("nothing is known to make %s", name)
	}
	s.write(strings.ReplaceAll(name, "!", "-"), data)
}

// plainFile is a file before it is compressed.
func plainFile(name string) []byte {
	switch name {
	case "flights.csv":
		return flights(3000)
	case "digits.svm":
		return digits(1000)
	case "wide.csv": // one field of 10 MB
		return []byte("a,b,y\n1," + strings.Repeat("x", 10_000_000) + ",3\n4,5,6\n")
	case "zeros.csv": // a bomb
		return bytes.Repeat([]byte("0\n"), 100<<20/2)
	}
	panic("no file " + name)
}
