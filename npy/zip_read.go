package npy

import (
	"io"

	"github.com/outcore/outcore/errs"
)

const (
	// maxDirectory bounds what is held of an archive's directory.
	maxDirectory = 64 << 20
	// maxMembers bounds the number of arrays; NumPy archives hold a handful.
	maxMembers = 1 << 16
)

// readDirectory lists the members of a zip archive of size bytes. Every offset
// it gives lies inside the file.
func readDirectory(r io.ReaderAt, size int64) ([]member, error) {
	off, n, count, err := findDirectory(r, size)
	if err != nil {
		return nil, err
	}
	dir := make([]byte, n)
	if err := readFull(r, dir, off); err != nil {
		return nil, err
	}
	members := make([]member, 0, min(count, int64(n)/centralLen))
	for at := off; len(dir) > 0; {
		m, used, err := parseCentral(dir, at)
		if err != nil {
			return nil, err
		}
		if m.data, err = dataOffset(r, &m, off); err != nil {
			return nil, err
		}
		members = append(members, m)
		dir = dir[used:]
		at += int64(used)
	}
	if int64(len(members)) != count {
		return nil, corrupt(off, "archive lists %d arrays, its end says %d", len(members), count)
	}
	return members, nil
}

// findDirectory finds the central directory from the end of the file.
func findDirectory(r io.ReaderAt, size int64) (off, n, count int64, err error) {
	tail := make([]byte, min(size, endLen+0xffff))
	base := size - int64(len(tail))
	if err := readFull(r, tail, base); err != nil {
		return 0, 0, 0, err
	}
	i := len(tail) - endLen
	for ; i >= 0; i-- {
		if le.Uint32(tail[i:]) == sigEnd && i+endLen+int(le.Uint16(tail[i+20:])) == len(tail) {
			break
		}
	}
	if i < 0 {
		return 0, 0, 0, corrupt(size, "no end of a zip archive found: the file is cut short or is no .npz")
	}
	end := tail[i:]
	at := base + int64(i)
	count, n, off = int64(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	disk, dirDisk := le.Uint16(end[4:]), le.Uint16(end[6:])
	if at >= locator64Len {
		var loc [locator64Len]byte
		if err := readFull(r, loc[:], at-locator64Len); err != nil {
			return 0, 0, 0, err
		}
		if le.Uint32(loc[:]) == sigLocator64 {
			at = int64(le.Uint64(loc[8:]))
			if at < 0 || at > size-end64Len {
				return 0, 0, 0, corrupt(size-endLen, "zip64 end at %d, the file has %d bytes", at, size)
			}
			var end64 [end64Len]byte
			if err := readFull(r, end64[:], at); err != nil {
				return 0, 0, 0, err
			}
			if le.Uint32(end64[:]) != sigEnd64 {
				return 0, 0, 0, corrupt(at, "no zip64 end where its locator points")
			}
			count, n, off = int64(le.Uint64(end64[32:])), int64(le.Uint64(end64[40:])), int64(le.Uint64(end64[48:]))
			disk, dirDisk = 0, 0
		}
	}
	switch {
	case disk != 0 || dirDisk != 0:
		return 0, 0, 0, errs.New(errs.Unsupported, "zip archive split over several files").At(errs.Position{Byte: at})
	case off < 0 || n < 0 || off > at || n != at-off:
		return 0, 0, 0, corrupt(at, "zip directory of %d bytes at %d does not end at %d", n, off, at)
	case n > maxDirectory || count < 0 || count > maxMembers:
		return 0, 0, 0, errs.New(errs.TooLarge, "zip directory of %d bytes and %d entries, expected at most %d and %d", n, count, maxDirectory, maxMembers).
			At(errs.Position{Byte: off})
	}
	return off, n, count, nil
}

// parseCentral parses one directory entry at offset at of the file.
func parseCentral(b []byte, at int64) (m member, used int, err error) {
	if len(b) < centralLen || le.Uint32(b) != sigCentral {
		return m, 0, corrupt(at, "damaged zip directory")
	}
	nameLen, extraLen, commentLen := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	used = centralLen + nameLen + extraLen + commentLen
	if used > len(b) {
		return m, 0, corrupt(at, "damaged zip directory")
	}
	m = member{
		name:   string(b[centralLen : centralLen+nameLen]),
		method: le.Uint16(b[10:]),
		crc:    le.Uint32(b[16:]),
		comp:   int64(le.Uint32(b[20:])),
		raw:    int64(le.Uint32(b[24:])),
		header: int64(le.Uint32(b[42:])),
	}
	if le.Uint16(b[8:])&1 != 0 {
		return m, 0, errs.New(errs.Unsupported, "%q in the archive is encrypted", m.name).At(errs.Position{Byte: at})
	}
	if m.method != stored && m.method != deflated {
		return m, 0, errs.New(errs.Unsupported, "%q in the archive is compressed by zip method %d, expected stored or deflated", m.name, m.method).
			At(errs.Position{Byte: at}).WithFix("save it with np.savez or np.savez_compressed")
	}
	if err := m.readExtra(b[centralLen+nameLen:][:extraLen], at); err != nil {
		return m, 0, err
	}
	if m.method == stored && m.comp != m.raw {
		return m, 0, corrupt(at, "%q is stored, but its sizes %d and %d differ", m.name, m.comp, m.raw)
	}
	return m, used, nil
}

// readExtra reads the extra fields of a directory entry: zip64 sizes and our
// block index. Others are skipped; trailing bytes too short to be a field are
// ignored, as by every unzip.
func (m *member) readExtra(x []byte, at int64) error {
	for len(x) >= 4 {
		id, n := le.Uint16(x), int(le.Uint16(x[2:]))
		x = x[4:]
		if n > len(x) {
			return corrupt(at, "damaged extra field of %q", m.name)
		}
		field := x[:n]
		x = x[n:]
		switch id {
		case extraZip64:
			for _, v := range []*int64{&m.raw, &m.comp, &m.header} {
				if *v != 0xffffffff {
					continue
				}
				if len(field) < 8 {
					return corrupt(at, "zip64 sizes of %q are missing", m.name)
				}
				*v = int64(le.Uint64(field))
				field = field[8:]
			}
		case extraIndex:
			m.index = parseIndex(field)
		}
	}
	if m.raw < 0 || m.comp < 0 || m.header < 0 {
		return corrupt(at, "sizes of %q are out of range", m.name)
	}
	if m.index != nil && (m.method != deflated || !m.index.fits(m.raw, m.comp)) {
		m.index = nil
	}
	return nil
}

// dataOffset reads the local header of m and returns where its bytes start,
// having checked that they end before the directory.
func dataOffset(r io.ReaderAt, m *member, directory int64) (int64, error) {
	if m.header > directory-localLen {
		return 0, corrupt(m.header, "%q starts behind the end of the archive's data", m.name)
	}
	var b [localLen]byte
	if err := readFull(r, b[:], m.header); err != nil {
		return 0, err
	}
	if le.Uint32(b[:]) != sigLocal {
		return 0, corrupt(m.header, "no local header of %q", m.name)
	}
	data := m.header + localLen + int64(le.Uint16(b[26:])) + int64(le.Uint16(b[28:]))
	if data > directory || m.comp > directory-data {
		return 0, corrupt(m.header, "%q of %d bytes runs past the end of the archive's data", m.name, m.comp)
	}
	return data, nil
}

// readFull reads len(p) bytes at off; the end of the file is Corrupt.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		return corrupt(off+int64(n), "cut short: %d of %d bytes: %w", n, len(p), io.ErrUnexpectedEOF)
	}
	return err
}
