package format

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/errs"
)

func TestHeaderIs39Bytes(t *testing.T) {
	file, err := (&Snapshot{ID: InitialSnapshot}).Encode(WithProgram("outcore-0.1"))
	if err != nil {
		t.Fatal(err)
	}
	want := "ICE\xf0\x9f\xa7\x8aCHUNKoutcore-0.1             \x02\x01\x01"
	if got := string(file[:39]); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	body, err := unwrap(SnapshotFile, file)
	if err != nil || string(body[4:8]) != "Ichk" || len(body)%8 != 0 {
		t.Errorf("%d bytes, identifier %q, %v", len(body), body[4:8], err)
	}
	for name, program := range map[string]string{"outcore": "outcore", "a name that is longer tha": "a name that is longer than 24 bytes"} {
		var opts []Option
		if name != program {
			opts = append(opts, WithProgram(program))
		}
		file, err := (&Snapshot{}).Encode(opts...)
		if h, _ := ReadHeader(file); err != nil || h.Program != strings.TrimSpace(name[:min(len(name), 24)]) {
			t.Errorf("found %+v, %v", h, err)
		}
	}
}

func TestForeignAndDamagedFilesAreRefused(t *testing.T) {
	good, err := (&Snapshot{ID: InitialSnapshot}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	changed := func(at int, v byte) []byte {
		b := bytes.Clone(good)
		b[at] = v
		return b
	}
	for _, c := range []struct {
		name string
		file []byte
		kind errs.Kind
		text string
	}{
		{"empty", nil, errs.Corrupt, "header"},
		{"cut in the header", good[:38], errs.Corrupt, "header"},
		{"another magic", changed(0, 'X'), errs.Corrupt, "header"},
		{"specification 1", changed(36, 1), errs.Unsupported, "specification 1"},
		{"specification 3", changed(36, 3), errs.Unsupported, "specification 3"},
		{"another type", changed(37, 2), errs.Corrupt, "found a manifest"},
		{"unknown compression", changed(38, 2), errs.Unsupported, "compression 2"},
		{"no compression, but a frame", changed(38, 0), errs.Corrupt, "flatbuffer"},
		{"cut in the frame", good[:len(good)-5], errs.Corrupt, "does not decode"},
		{"flipped bit", changed(len(good)-6, good[len(good)-6]^4), errs.Corrupt, ""},
	} {
		s, err := DecodeSnapshot(c.file)
		if s != nil || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: found %v, expected %q", c.name, err, c.text)
		}
	}
}

// allocated is the bytes f allocates.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func TestBombsAreRefusedEarly(t *testing.T) {
	header := Header{Spec: 2, Type: ManifestFile, Compression: 1}.append(nil)
	zeros := encode(nil, make([]byte, 64<<20))
	claim := []byte{0x28, 0xb5, 0x2f, 0xfd, 3<<6 | 1<<5, 0, 0, 0, 0x40, 0, 0, 0, 0, 1, 0, 0} // 1 GiB
	var streamed bytes.Buffer                                                                // no size in its header
	w, err := zstd.NewWriter(&streamed)
	if err != nil {
		t.Fatal(err)
	}
	for range 64 {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, frame := range map[string][]byte{"64 MiB of zeros": zeros, "claims 1 GiB": claim, "does not tell": streamed.Bytes()} {
		file := append(bytes.Clone(header), frame...)
		n := allocated(func() {
			if _, err := DecodeManifest(file); !errors.Is(err, errs.TooLarge) {
				t.Errorf("%s: %v", name, err)
			}
		})
		// All that was allocated on the way to 16 MiB, growing step by step.
		if n > 8*freeSize {
			t.Errorf("%s: %d bytes were allocated for %d stored", name, n, len(file))
		}
	}
}

func TestWhatLooksLikeABombIsStoredPlain(t *testing.T) {
	s := &Snapshot{Nodes: []Node{{Path: "/", UserData: make([]byte, 20<<20)}}}
	file, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeSnapshot(file)
	if err != nil || len(file) < 20<<20 || !bytes.Equal(got.Nodes[0].UserData, s.Nodes[0].UserData) {
		t.Errorf("%d bytes, %v", len(file), err)
	}
	// A frame as any decoder reads it.
	if body, err := encoderless(file[headerSize:]); err != nil || len(body) < 20<<20 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

func encoderless(frame []byte) ([]byte, error) {
	d, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.DecodeAll(frame, nil)
}

// Bytes do not depend on what the shared encoder wrote before, or on others.
func TestEncodingIsDeterministic(t *testing.T) {
	m := grid(3000)
	want, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan []byte)
	for i := range 4 {
		go func() {
			r := rand.New(rand.NewPCG(uint64(i), 0))
			noise := make([]byte, r.IntN(1<<18))
			for j := range noise {
				noise[j] = byte(r.IntN(7))
			}
			encode(nil, noise)
			file, err := grid(3000).Encode()
			if err != nil {
				t.Error(err)
			}
			done <- file
		}()
	}
	for range 4 {
		if !bytes.Equal(<-done, want) {
			t.Error("found other bytes")
		}
	}
}

// TestFramesAreThoseOfTheFullWindow: how much an encoder holds does not show.
func TestFramesAreThoseOfTheFullWindow(t *testing.T) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	body := make([]byte, 9<<20)
	for i := range body {
		body[i] = byte(rnd.IntN(1 + i>>10&31)) // here regular, there not
	}
	copy(body[5<<20:], body[:3<<20]) // found only through a large window
	for _, n := range []int{0, 1, 1 << 10, 1<<17 - 1, 1 << 17, 1<<17 + 1, 1 << 20, 3<<20 + 5, 1 << 23, 1<<23 + 1, len(body)} {
		if got, want := encode(nil, body[:n]), w.EncodeAll(body[:n], nil); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d in the frame, want %d", n, len(got), len(want))
		}
	}
}
