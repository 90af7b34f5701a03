// Package journal keeps on disk which tasks of a run are finished, and what
// they resulted in, so that a killed run goes on where it stopped.
//
// A journal is one file that only grows: eight bytes of magic, then a record a
// task, all numbers little-endian:
//
//	crc    uint32  CRC-32C of what follows
//	length uint32  bytes after it
//	digest 8 bytes of the step (task.Step.Digest)
//	index  uint64  number of the task in the step
//	result the rest, JSON
//
// Records of other digests are other work and are left alone. A record reaches
// the operating system when Flush is called, so that it survives the end of the
// process, and the disk when Sync is. What was torn by a power cut, and all
// after it, is cut off when the journal is opened: those tasks run again.
package journal

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

const (
	magic      = "otctask1"
	headBytes  = 4 + 4 // crc, length
	idBytes    = 8 + 8 // digest, index
	maxRecord  = idBytes + task.MaxResult
	bufferSize = 64 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A Record is one finished task.
type Record struct {
	Digest [8]byte
	Index  int64
	Result json.RawMessage
}

// A Journal is an open file, locked against other processes. It is used by one
// goroutine.
type Journal struct {
	f       *os.File
	w       *bufio.Writer
	size    int64 // of the records on disk that are whole
	dropped int64
	buf     []byte
}

// Open opens or makes the journal at path. errs.Conflict: another run has it.
// errs.Corrupt: the file is no journal.
func Open(path string) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, errs.New(errs.Invalid, "journal: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, errs.New(errs.Invalid, "journal: %w", err)
	}
	j := &Journal{f: f}
	if err := j.open(path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	j.w = bufio.NewWriterSize(f, bufferSize)
	return j, nil
}

func (j *Journal) open(path string) error {
	if err := lock(j.f); err != nil {
		return errs.New(errs.Conflict, "journal %s is in use by another run: %w", path, err).
			WithFix("wait for it to end, or give this run another journal")
	}
	head := make([]byte, len(magic))
	n, err := io.ReadFull(j.f, head)
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF && string(head[:n]) == magic[:n]: // new, or killed while it was

		if _, err := j.f.WriteAt([]byte(magic), 0); err != nil {
			return errs.New(errs.Unavailable, "journal %s: %w", path, err)
		}
		if err := syncDir(filepath.Dir(path)); err != nil {
			return errs.New(errs.Unavailable, "journal %s: %w", path, err)
		}
	case err != nil && err != io.ErrUnexpectedEOF:
		return errs.New(errs.Unavailable, "journal %s: %w", path, err)
	case string(head) != magic:
		return errs.New(errs.Corrupt, "%s is no journal: starts with %q, expected %q", path, head[:n], magic).
			WithFix("delete it, or give this run another journal")
	}
	j.size = int64(len(magic))
	if err := j.scan(nil, true); err != nil {
		return errs.New(errs.Unavailable, "journal %s: %w", path, err)
	}
	end, err := j.f.Seek(0, io.SeekEnd)
	if err != nil {
		return errs.New(errs.Unavailable, "journal %s: %w", path, err)
	}
	if j.dropped = end - j.size; j.dropped > 0 {
		if err := j.f.Truncate(j.size); err != nil {
			return errs.New(errs.Unavailable, "journal %s: %w", path, err)
		}
	}
	if _, err := j.f.Seek(j.size, io.SeekStart); err != nil {
		return errs.New(errs.Unavailable, "journal %s: %w", path, err)
	}
	return nil
}

// Dropped is the number of bytes that Open cut off.
func (j *Journal) Dropped() int64 { return j.dropped }

// Scan calls each for the records that Open found, in the order in which they
// were written, before the first Append. The result is valid until each
// returns; an error of each ends the scan and is returned.
func (j *Journal) Scan(each func(Record) error) error { return j.scan(each, false) }

// scan reads whole records; with measure it sets j.size to their end and takes
// the first bad one for the end of the file.
func (j *Journal) scan(each func(Record) error, measure bool) error {
	end := j.size
	if measure {
		info, err := j.f.Stat()
		if err != nil {
			return err
		}
		end = info.Size()
	}
	at := int64(len(magic))
	r := bufio.NewReaderSize(io.NewSectionReader(j.f, at, end-at), bufferSize)
	for {
		rec, n, err := j.read(r)
		if err == io.EOF || measure && errors.Is(err, errs.Corrupt) {
			return nil
		}
		if err != nil {
			return err
		}
		at += n
		if measure {
			j.size = at
		}
		if each != nil {
			if err := each(rec); err != nil {
				return err
			}
		}
	}
}

// read gives the next record and its size in the file; io.EOF at the end,
// errs.Corrupt for a record that is not whole.
func (j *Journal) read(r *bufio.Reader) (rec Record, n int64, err error) {
	var head [headBytes]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		if n > 0 && err == io.ErrUnexpectedEOF {
			return rec, 0, errs.New(errs.Corrupt, "journal: record cut short")
		}
		return rec, 0, err
	}
	length := binary.LittleEndian.Uint32(head[4:])
	if length < idBytes || length > maxRecord {
		return rec, 0, errs.New(errs.Corrupt, "journal: record of %d bytes", length)
	}
	if cap(j.buf) < int(length) {
		j.buf = make([]byte, length)
	}
	body := j.buf[:length]
	if _, err := io.ReadFull(r, body); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = errs.New(errs.Corrupt, "journal: record cut short")
		}
		return rec, 0, err
	}
	if binary.LittleEndian.Uint32(head[:]) != checksum(head[4:], body) {
		return rec, 0, errs.New(errs.Corrupt, "journal: checksum of a record is wrong")
	}
	copy(rec.Digest[:], body)
	rec.Index = int64(binary.LittleEndian.Uint64(body[8:]))
	rec.Result = body[idBytes:]
	return rec, headBytes + int64(length), nil
}

func checksum(length, body []byte) uint32 {
	return crc32.Update(crc32.Update(0, castagnoli, length), castagnoli, body)
}

// Append writes a record to the buffer.
func (j *Journal) Append(r Record) error {
	length := idBytes + len(r.Result)
	b := append(j.buf[:0], make([]byte, headBytes+idBytes)...)
	binary.LittleEndian.PutUint32(b[4:], uint32(length))
	copy(b[headBytes:], r.Digest[:])
	binary.LittleEndian.PutUint64(b[headBytes+8:], uint64(r.Index))
	b = append(b, r.Result...)
	binary.LittleEndian.PutUint32(b, checksum(b[4:headBytes], b[headBytes:]))
	j.buf = b
	if _, err := j.w.Write(b); err != nil {
		return errs.New(errs.Unavailable, "journal: %w", err)
	}
	return nil
}

// Flush gives what was appended to the operating system.
func (j *Journal) Flush() error {
	if err := j.w.Flush(); err != nil {
		return errs.New(errs.Unavailable, "journal: %w", err)
	}
	return nil
}

// Sync flushes, and returns when what was appended is on the disk.
func (j *Journal) Sync() error {
	if err := j.Flush(); err != nil {
		return err
	}
	if err := j.f.Sync(); err != nil {
		return errs.New(errs.Unavailable, "journal: %w", err)
	}
	return nil
}

// Close syncs, unlocks and closes the file.
func (j *Journal) Close() error { return errors.Join(j.Sync(), j.f.Close()) }

// syncDir makes the name of a new file in dir survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
