package fileblob

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriting lets the disk begin with what is written to f. It is a hint:
// Sync does not rely on it.
func startWriting(f *os.File) {
	_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}
