//go:build !linux

package icechunktest

import "syscall"

func mountSmall(string) error { return syscall.ENOTSUP }

func unmount(string) error { return nil }
