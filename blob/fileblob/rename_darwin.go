package fileblob

import "golang.org/x/sys/unix"

// renameNew renames and fails with EEXIST when there is a file at to.
func renameNew(from, to string) error {
	return unix.RenamexNp(from, to, unix.RENAME_EXCL)
}
