package memory

import "golang.org/x/sys/unix"

// resizePages makes b, as mapPages returned it, n bytes long, and keeps the pages
// that both have, wherever they go. It is nil, and b unmapped, where the kernel
// does not do it.
func resizePages(b []byte, n int64) []byte {
	was := int64(len(b))
	r, err := unix.Mremap(b, int(n), unix.MREMAP_MAYMOVE)
	if err != nil {
		unmapPages(b)
		return nil
	}
	mappedSlabs.Add(n - was)
	return r
}
