package image

import (
	"debug/elf"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestTheImageIsDroppedAndComesBack: what cannot be written is known, and the
// program goes on without it.
func TestTheImageIsDroppedAndComesBack(t *testing.T) {
	parts := extents()
	if len(parts) == 0 {
		t.Fatal("found no pages of the program file")
	}
	var size uintptr
	for _, p := range parts {
		size += p.size
	}
	if size < 1<<20 {
		t.Errorf("found %d bytes of the program file", size)
	}
	before := fileBytes(t)
	Drop()
	if after := fileBytes(t); after >= before {
		t.Errorf("%d kB of files were resident, after dropping them %d", before, after)
	}
}

// TestTheImageIsCut: no mapping of it is larger than what a kernel maps around a
// page, so that a kernel that would map more cannot.
func TestTheImageIsCut(t *testing.T) {
	Drop()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	inside := func(at uint64) bool {
		return slices.ContainsFunc(extents(), func(e extent) bool { return uint64(e.start) <= at && at < uint64(e.start+e.size) })
	}
	found := 0
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			t.Fatal(err)
		}
		if !inside(from) {
			continue
		}
		found++
		if to-from > faultAround || from/faultAround != (to-1)/faultAround {
			t.Errorf("a mapping of %d bytes: %s", to-from, line)
		}
	}
	if found < 16 {
		t.Errorf("found %d mappings of the program file", found)
	}
}

func fileBytes(t *testing.T) (kb int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "\nRssFile:")
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb
}

// TestWhatTheLinkerWroteStays: a segment that may be written has pages that are
// not those of the file, also where it is protected later.
func TestWhatTheLinkerWroteStays(t *testing.T) {
	program := &elf.File{Progs: []*elf.Prog{
		{ProgHeader: elf.ProgHeader{Type: elf.PT_LOAD, Flags: elf.PF_R | elf.PF_X, Off: 0, Filesz: 0x2000}},
		{ProgHeader: elf.ProgHeader{Type: elf.PT_LOAD, Flags: elf.PF_R, Off: 0x2000, Filesz: 0x1800}},
		{ProgHeader: elf.ProgHeader{Type: elf.PT_LOAD, Flags: elf.PF_R | elf.PF_W, Off: 0x3800, Filesz: 0x1000}},
		{ProgHeader: elf.ProgHeader{Type: elf.PT_GNU_RELRO, Flags: elf.PF_R, Off: 0x3800, Filesz: 0x800}},
	}}
	for offset, want := range map[uint64]bool{0: true, 0x1000: true, 0x2000: true, 0x3000: false, 0x4000: false, 0x9000: false} {
		if plain(program, offset) != want {
			t.Errorf("what is mapped from %#x: found %v, want %v", offset, !want, want)
		}
	}
}
