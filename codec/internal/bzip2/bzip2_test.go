package bzip2

import (
	"bytes"
	"errors"
	"hash/crc32"
	"math/bits"
	"math/rand/v2"
	"testing"
)

func TestFindSeesMagicsAtEveryBit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, magic := range []uint64{BlockMagic, EndMagic} {
		for at := range 40 {
			for behind := range 3 {
				data := make([]byte, at/8+7+behind)
				for i := range data {
					data[i] = byte(r.Uint32()) &^ 0x30 // cannot be part of a magic by chance
				}
				for i := range 48 {
					bit := magic >> (47 - i) & 1
					p := &data[(at+i)/8]
					*p = *p&^(0x80>>((at+i)%8)) | byte(bit)<<(7-(at+i)%8)
				}
				bit, got, next := Find(data, 0)
				if bit != at || got != magic || next != at/8 {
					t.Fatalf("magic %x at bit %d: found %x at %d", magic, at, got, bit)
				}
				cut := data[:at/8+6]
				if bit, _, next := Find(cut, 0); bit != -1 || next > at/8 {
					t.Fatalf("magic at bit %d cut: found at %d, next %d", at, bit, next)
				}
			}
		}
	}
}

func TestRunsExpandInPartsOfAnySize(t *testing.T) {
	text := []byte("aaaa\x00bbbb\xffcccccc\x02dddda\x00\x00\x00\x00\x05xyz")
	want := join(rep("a", 4), rep("b", 4+255), rep("c", 4+'c'), "c\x02", rep("d", 4+'a'), rep("\x00", 9), "xyz")
	for size := 1; size < 400; size++ {
		var r Runs
		var got []byte
		dst := make([]byte, size)
		for read := 0; read < len(text) || r.Pending(); {
			n, m := r.Expand(dst, text[read:])
			got = append(got, dst[:n]...)
			read += m
		}
		if string(got) != want {
			t.Fatalf("in parts of %d: %q", size, got)
		}
	}
}

func rep(s string, n int) string { return string(bytes.Repeat([]byte(s), n)) }

func join(parts ...string) (s string) {
	for _, p := range parts {
		s += p
	}
	return s
}

func TestChecksumIsCRC32WithBitsReversed(t *testing.T) {
	p := []byte("Fischers Fritz fischt frische Fische")
	for n := range p {
		turned := make([]byte, n)
		for i := range turned {
			turned[i] = bits.Reverse8(p[i])
		}
		if got, want := Checksum(Checksum(0, p[:n/3]), p[n/3:n]), bits.Reverse32(crc32.ChecksumIEEE(turned)); got != want {
			t.Fatalf("%d bytes: %08x, want %08x", n, got, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("1AY&SY\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff"), 0)
	f.Add([]byte("1AY&SY"), 3)
	d := NewDecoder()
	f.Fuzz(func(t *testing.T, data []byte, start int) {
		start = min(max(start, 0), len(data)*8)
		_, end, err := d.Load(data, start)
		if err == nil {
			d.Text(make([]byte, 0, MaxBlock))
			if end > len(data)*8 {
				t.Fatalf("end %d behind the data", end)
			}
		}
	})
}

func TestLoadTellsShortFromDamaged(t *testing.T) {
	d := NewDecoder()
	if _, _, err := d.Load([]byte("1AY&SY\x00\x00"), 0); !errors.Is(err, ErrShort) {
		t.Errorf("cut: %v", err)
	}
	if _, _, err := d.Load(bytes.Repeat([]byte("x"), 100), 0); !errors.Is(err, ErrMagic) {
		t.Errorf("no magic: %v", err)
	}
}
