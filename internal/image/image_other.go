//go:build !linux

package image

// Drop does nothing: no other system counts, or drops, the pages of the
// program file.
func Drop() {}
