package main

import "golang.org/x/sys/unix"

// inMemory reports whether a file system keeps its files in memory.
func inMemory(st *unix.Statfs_t) bool {
	return st.Type == unix.TMPFS_MAGIC || st.Type == unix.RAMFS_MAGIC
}
