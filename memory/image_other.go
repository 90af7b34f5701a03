//go:build !linux

package memory

// dropImage does nothing: no other system counts, or drops, the pages of the
// program file as Linux does.
func dropImage() {}
