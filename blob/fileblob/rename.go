//go:build !linux && !darwin

package fileblob

import "syscall"

// renameNew says that this system has no such call.
func renameNew(_, _ string) error { return syscall.ENOSYS }
