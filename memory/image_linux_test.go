package memory

import (
	"debug/elf"
	"os"
	"testing"
)

// TestTheImageIsDroppedAndComesBack: what cannot be written is known, and the
// program goes on without it.
func TestTheImageIsDroppedAndComesBack(t *testing.T) {
	parts := image()
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
	dropImage()
	if after := fileBytes(t); after >= before {
		t.Errorf("%d bytes of files were resident, after dropping them %d", before, after)
	}
}

func fileBytes(t *testing.T) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	return statusField(status, "\nRssFile:")
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
