package main

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// inMemory reports whether a file system keeps its files in memory.
func inMemory(st *unix.Statfs_t) bool {
	name, _, _ := bytes.Cut(st.Fstypename[:], []byte{0})
	return string(name) == "tmpfs"
}
