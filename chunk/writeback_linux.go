package chunk

import (
	"os"

	"golang.org/x/sys/unix"
)

// writeBack asks the kernel to begin to write n bytes of f from off on to the
// disk, so that less is left when the file is synced. Where the kernel cannot,
// nothing is lost but time.
func writeBack(f *os.File, off, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), off, n, unix.SYNC_FILE_RANGE_WRITE)
}
