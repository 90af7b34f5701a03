package fileblob

import "golang.org/x/sys/unix"

// renameNew renames and fails with EEXIST when there is a file at to.
func renameNew(from, to string) error {
	return unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
}
