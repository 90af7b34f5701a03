package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
)

func records() []Record {
	return []Record{
		{Digest: [8]byte{1}, Index: 0, Result: []byte(`1`)},
		{Digest: [8]byte{1}, Index: 7, Result: []byte(`{"a":"b"}`)},
		{Digest: [8]byte{2, 3}, Index: 1 << 40, Result: []byte(`null`)},
	}
}

func write(t *testing.T, path string, recs ...Record) {
	t.Helper()
	j, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if err := j.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// read opens the journal at path and gives its records and the bytes dropped.
func read(t *testing.T, path string) (recs []Record, dropped int64) {
	t.Helper()
	j, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	err = j.Scan(func(r Record) error {
		r.Result = append([]byte(nil), r.Result...)
		recs = append(recs, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return recs, j.Dropped()
}

func TestRecordsComeBackAndMoreAreAppended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "j")
	want := records()
	write(t, path, want[:2]...)
	write(t, path, want[2])
	got, dropped := read(t, path)
	if d := cmp.Diff(want, got); d != "" || dropped != 0 {
		t.Errorf("dropped %d, records (-want +got):\n%s", dropped, d)
	}
}

// Whatever byte the file is cut at, or is wrong at, the whole records before it
// come back and the journal goes on.
func TestTornTailIsCutOff(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "j")
	write(t, path, records()...)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int{len(magic)}
	for _, r := range records() {
		ends = append(ends, ends[len(ends)-1]+headBytes+idBytes+len(r.Result))
	}
	for cut := range len(whole) {
		for _, flip := range []bool{false, true} {
			data := append([]byte(nil), whole[:cut]...)
			if flip {
				if cut < len(magic) {
					continue
				}
				data = append([]byte(nil), whole...)
				data[cut] ^= 0x40
			}
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			n := 0
			for n < 3 && ends[n+1] <= cut {
				n++
			}
			more := Record{Digest: [8]byte{9}, Result: []byte(`true`)}
			write(t, path, more)
			got, _ := read(t, path)
			if d := cmp.Diff(append(records()[:n:n], more), got); d != "" {
				t.Fatalf("cut at %d, flipped %v (-want +got):\n%s", cut, flip, d)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, errs.Conflict) {
		t.Errorf("a journal in use: got %v, want a conflict", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("PK\x03\x04 something else"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, errs.Corrupt) {
		t.Errorf("another file: got %v, want corrupt", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "PK\x03\x04 something else" {
		t.Errorf("another file was changed to %q", data)
	}
}

func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed")
	j, err := Open(path)
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range records() {
		if err := j.Append(r); err != nil {
			f.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("otc0")) // short, and not the start of the magic
	f.Add([]byte(magic + "\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "j")
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		j, err := Open(path)
		if err != nil {
			if !errors.Is(err, errs.Corrupt) {
				t.Fatal(err)
			}
			return
		}
		if err := j.Scan(func(Record) error { return nil }); err != nil {
			t.Errorf("a record that Open accepted is refused: %v", err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
