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
	info = driver.Info{Key: key, Size: st.Size(), ModTime: st.ModTime()}
	if st.Size() > hashLimit {
		info.Version = fmt.Sprintf("f-%x-%x-%x", st.Size(), st.ModTime().UnixNano(), inode(st))
		return info, nil, nil
	}
	content = make([]byte, st.Size())
	if _, err := f.ReadAt(content, 0); err != nil && err != io.EOF {
		return info, nil, err
	}
	sum := sha256.Sum256(content)
	info.Version = "h-" + hex.EncodeToString(sum[:16])
	return info, content, nil
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
