package npy

import (
	"io"

	"github.com/outcore/outcore/errs"
)

// An archive is a zip file being written: members one after another, the
// directory at the end. Its bytes depend on the members alone.
type archive struct {
	f       Staging
	end     int64
	members []member
}

// localSize is the size of a local header; all have the zip64 field, for the
// sizes are not known when they are written.
func localSize(name string) int64 { return localLen + int64(len(name)) + 20 }

// reserve leaves room for a local header at the end and returns where the
// member's bytes start.
func (a *archive) reserve(name string) int64 { return a.end + localSize(name) }

// place adds a member whose bytes stand at m.data, where reserve said.
func (a *archive) place(m member) error {
	m.header = m.data - localSize(m.name)
	if m.header != a.end {
		panic("npy: member is not where it was reserved")
	}
	b := make([]byte, 0, localSize(m.name))
	b = le.AppendUint32(b, sigLocal)
	b = le.AppendUint16(b, 45) // needs zip64
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, m.method)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, zipDate)
	b = le.AppendUint32(b, m.crc)
	b = le.AppendUint32(b, 0xffffffff)
	b = le.AppendUint32(b, 0xffffffff)
	b = le.AppendUint16(b, uint16(len(m.name)))
	b = le.AppendUint16(b, 20)
	b = append(b, m.name...)
	b = le.AppendUint16(b, extraZip64)
	b = le.AppendUint16(b, 16)
	b = le.AppendUint64(b, uint64(m.raw))
	b = le.AppendUint64(b, uint64(m.comp))
	if _, err := a.f.WriteAt(b, m.header); err != nil {
		return err
	}
	a.end = m.data + m.comp
	a.members = append(a.members, m)
	return nil
}

// copyIn adds a member whose bytes stand in another file from offset 0.
func (a *archive) copyIn(m member, from io.ReaderAt) error {
	m.data = a.reserve(m.name)
	dst := io.NewOffsetWriter(a.f, m.data)
	if n, err := io.Copy(dst, io.NewSectionReader(from, 0, m.comp)); err != nil {
		return err
	} else if n != m.comp {
		return errs.New(errs.Corrupt, "staged array %q is cut short: %d of %d bytes", m.name, n, m.comp)
	}
	return a.place(m)
}

// close writes the directory and returns the size of the file.
func (a *archive) close() (int64, error) {
	var b []byte
	for i := range a.members {
		b = a.members[i].appendCentral(b)
	}
	size := int64(len(b))
	count := len(a.members)
	if a.end >= limit32 || size >= limit32 || count >= 0xffff {
		at := a.end + size
		b = le.AppendUint32(b, sigEnd64)
		b = le.AppendUint64(b, end64Len-12)
		b = le.AppendUint16(b, 45)
		b = le.AppendUint16(b, 45)
		b = le.AppendUint64(b, 0) // disks
		b = le.AppendUint64(b, uint64(count))
		b = le.AppendUint64(b, uint64(count))
		b = le.AppendUint64(b, uint64(size))
		b = le.AppendUint64(b, uint64(a.end))
		b = le.AppendUint32(b, sigLocator64)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint64(b, uint64(at))
		b = le.AppendUint32(b, 1)
	}
	b = le.AppendUint32(b, sigEnd)
	b = le.AppendUint32(b, 0) // disks
	b = le.AppendUint16(b, uint16(min(count, 0xffff)))
	b = le.AppendUint16(b, uint16(min(count, 0xffff)))
	b = le.AppendUint32(b, field32(size))
	b = le.AppendUint32(b, field32(a.end))
	b = le.AppendUint16(b, 0)
	_, err := a.f.WriteAt(b, a.end)
	return a.end + int64(len(b)), err
}

// appendCentral appends the directory entry of m.
func (m *member) appendCentral(b []byte) []byte {
	var wide, extra []byte
	for _, v := range []int64{m.raw, m.comp, m.header} {
		if v >= limit32 {
			wide = le.AppendUint64(wide, uint64(v))
		}
	}
	version := uint16(20)
	if len(wide) > 0 {
		version = 45
		extra = le.AppendUint16(extra, extraZip64)
		extra = le.AppendUint16(extra, uint16(len(wide)))
		extra = append(extra, wide...)
	}
	if m.index != nil {
		field := m.index.append(nil)
		extra = le.AppendUint16(extra, extraIndex)
		extra = le.AppendUint16(extra, uint16(len(field)))
		extra = append(extra, field...)
	}
	b = le.AppendUint32(b, sigCentral)
	b = le.AppendUint16(b, 45)
	b = le.AppendUint16(b, version)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, m.method)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, zipDate)
	b = le.AppendUint32(b, m.crc)
	b = le.AppendUint32(b, field32(m.comp))
	b = le.AppendUint32(b, field32(m.raw))
	b = le.AppendUint16(b, uint16(len(m.name)))
	b = le.AppendUint16(b, uint16(len(extra)))
	b = le.AppendUint16(b, 0) // comment
	b = le.AppendUint16(b, 0) // disk
	b = le.AppendUint16(b, 0) // internal attributes
	b = le.AppendUint32(b, 0) // external attributes
	b = le.AppendUint32(b, field32(m.header))
	b = append(b, m.name...)
	return append(b, extra...)
}

// field32 is v, or the mark that it is in the zip64 field.
func field32(v int64) uint32 {
	if v >= limit32 {
		return 0xffffffff
	}
	return uint32(v)
}
