package fileblob

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/outcore/outcore/blob/driver"
)

// hashLimit is the size up to which the version is a hash of the content: about
// a millisecond of SHA-256. What is swapped (manifests, refs) is below it.
const hashLimit = 1 << 20

// describe tells size, time and version of the open file f. content is what f
// holds when it was read for the version, else nil; the offset of f is not moved.
func describe(f *os.File, key string) (info driver.Info, content []byte, err error) {
	st, err := f.Stat()
	if err != nil {
		return info, nil, err
	}
	if st.Size() > hashLimit {
		return large(st, key), nil, nil
	}
	content = make([]byte, st.Size())
	if _, err := f.ReadAt(content, 0); err != nil && err != io.EOF {
		return info, nil, err
	}
	sum := sha256.Sum256(content)
	return small(st, key, sum[:]), content, nil
}

// identify tells the same of f, and keeps nothing of what it holds.
func identify(f *os.File, key string) (driver.Info, error) {
	st, err := f.Stat()
	if err != nil {
		return driver.Info{}, err
	}
	if st.Size() > hashLimit {
		return large(st, key), nil
	}
	h := sha256.New()
	if _, err := copyTo(h, io.NewSectionReader(f, 0, st.Size())); err != nil {
		return driver.Info{}, err
	}
	return small(st, key, h.Sum(nil)), nil
}

// large is what is told of a file above hashLimit.
func large(st fs.FileInfo, key string) driver.Info {
	return driver.Info{
		Key: key, Size: st.Size(), ModTime: st.ModTime(),
		Version: fmt.Sprintf("f-%x-%x-%x", st.Size(), st.ModTime().UnixNano(), inode(st)),
	}
}

// small is what is told of a file with this SHA-256.
func small(st fs.FileInfo, key string, sum []byte) driver.Info {
	return driver.Info{Key: key, Size: st.Size(), ModTime: st.ModTime(), Version: "h-" + hex.EncodeToString(sum[:16])}
}

func inode(st fs.FileInfo) uint64 {
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return sys.Ino
	}
	return 0
}

// absent tells whether err is of a path that does not exist, also because what
// should be a folder of it is a file.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
