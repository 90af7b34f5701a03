package image

import (
	"bytes"
	"debug/elf"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// An extent is pages that are mapped: no memory of Go.
type extent struct{ start, size uintptr }

// extents are the pages of the program file that cannot be written: its code, its
// constants, the tables of the runtime. They are mapped from the page cache.
var extents = sync.OnceValue(func() (parts []extent) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	program, err := elf.Open("/proc/self/exe")
	if err != nil {
		return nil
	}
	defer program.Close()
	path, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil
	}
	for line := range bytes.Lines(maps) {
		// 00400000-01a37000 r-xp 00000000 fe:00 10462715   /usr/bin/outcore
		fields := bytes.Fields(line)
		if len(fields) < 6 || string(bytes.Join(fields[5:], []byte(" "))) != path {
			continue
		}
		lo, hi, _ := bytes.Cut(fields[0], []byte("-"))
		from, e1 := strconv.ParseUint(string(lo), 16, 64)
		to, e2 := strconv.ParseUint(string(hi), 16, 64)
		offset, e3 := strconv.ParseUint(string(fields[2]), 16, 64)
		if e1 != nil || e2 != nil || e3 != nil || !plain(program, offset) {
			continue
		}
		parts = append(parts, extent{uintptr(from), uintptr(to - from)})
	}
	return parts
})

// plain tells whether what is mapped from offset, the start of a page, of the
// program file is of segments that nobody writes only. One that the linker wrote
// to and then protected has pages that are not those of the file.
func plain(program *elf.File, offset uint64) (found bool) {
	for _, p := range program.Progs {
		if p.Type != elf.PT_LOAD || p.Off >= offset+uint64(os.Getpagesize()) || p.Off+p.Filesz <= offset {
			continue
		}
		if p.Flags&elf.PF_W != 0 {
			return false
		}
		found = true
	}
	return found
}

// init drops what the start of the runtime and of other packages has touched. Only
// the standard library is imported here, so it comes before the packages that need
// modules sorted after this one, which are most.
func init() { Drop() }

// Drop takes the program file's pages out of the resident memory. Those that
// are used come back from the page cache, sixteen at a time and in about a
// microsecond; those that only the start of the program used do not, and they are
// the larger part.
func Drop() {
	cut()
	for _, part := range extents() {
		syscall.Syscall(syscall.SYS_MADVISE, part.start, part.size, syscall.MADV_DONTNEED) //nolint:errcheck // then they stay
	}
}

// faultAround is what a kernel maps around a page that is touched, when the page
// cache has it: sixteen pages, or, since Linux 6.18, as much of the file as it
// holds in one piece, which may be 2 MiB.
const faultAround = 64 << 10

const dontDump = 16 // MADV_DONTDUMP, which syscall does not have

// cut makes many mappings of the few of the image: what is brought around a
// page ends with its mapping. So how much is resident follows from what the
// program touches, and not from how its file came into the page cache. Mappings
// are one where their flags are the same; every second here is left out of a core
// dump, in which no mapping of a file is by default. It takes a millisecond, once.
var cut = sync.OnceFunc(func() {
	const step = 2 * faultAround
	for _, part := range extents() {
		end := part.start + part.size
		for at := part.start &^ (step - 1); at < end; at += step {
			if from, to := max(at, part.start), min(at+faultAround, end); from < to {
				syscall.Syscall(syscall.SYS_MADVISE, from, to-from, dontDump) //nolint:errcheck // then more is resident
			}
		}
	}
})
