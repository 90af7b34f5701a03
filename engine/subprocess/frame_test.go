package subprocess

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
)

func TestErrorsSurviveThePipe(t *testing.T) {
	full := errs.New(errs.Corrupt, "block 3: %w", io.ErrUnexpectedEOF).At(errs.Position{File: "a.bz2", Byte: 77}).WithFix("download it again")
	for _, err := range []error{full, fmt.Errorf("reading: %w", errs.New(errs.Unavailable, "away")), io.EOF} {
		var buf bytes.Buffer
		if werr := writeFrame(&buf, answer{Error: toWire(err)}, maxAnswer); werr != nil {
			t.Fatal(werr)
		}
		var a answer
		if rerr := readFrame(&buf, &a, maxAnswer); rerr != nil {
			t.Fatal(rerr)
		}
		got := a.Error.error()
		if got.Error() != err.Error() {
			t.Errorf("got %q, want %q", got, err)
		}
		for _, k := range kinds {
			if errors.Is(got, k) != errors.Is(err, k) {
				t.Errorf("%v: is %v %v", err, k, errors.Is(got, k))
			}
		}
	}
	var e *errs.Error
	if got := toWire(full).error(); !errors.As(got, &e) || e.Pos != full.Pos || e.Fix != full.Fix {
		t.Errorf("position and fix are lost in %+v", got)
	}
}

func TestLongMessagesAreRefused(t *testing.T) {
	if err := writeFrame(io.Discard, answer{Value: []byte(`"` + strings.Repeat("x", 100) + `"`)}, 50); !errors.Is(err, errs.TooLarge) {
		t.Errorf("got %v, want too large", err)
	}
}

// An answer longer than allowed must not reach the reader's memory.
func FuzzReadFrame(f *testing.F) {
	var buf bytes.Buffer
	if err := writeFrame(&buf, request{Op: "a/v1", Args: []byte(`{"a":[1,2]}`)}, maxRequest); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte{255, 255, 255, 15, '{'})
	f.Fuzz(func(t *testing.T, data []byte) {
		var req request
		if readFrame(bytes.NewReader(data), &req, maxRequest) != nil {
			return
		}
		var buf bytes.Buffer
		if err := writeFrame(&buf, req, maxRequest); err != nil {
			return // Args may be absent, which has no JSON
		}
		var back request
		if err := readFrame(&buf, &back, maxRequest); err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := writeFrame(&again, back, maxRequest); err != nil {
			t.Fatal(err)
		}
		var twice request
		if err := readFrame(&again, &twice, maxRequest); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(back, twice); d != "" {
			t.Error(d)
		}
	})
}

func TestTailKeepsTheEnd(t *testing.T) {
	var w tail
	for i := range 10_000 {
		fmt.Fprintf(&w, "line %d\n", i)
	}
	if s := w.String(); len(s) != tailBytes || !strings.HasSuffix(s, "line 9999\n") {
		t.Errorf("%d bytes, ending in %q", len(s), s[len(s)-20:])
	}
}
