//go:build !amd64

package deflate

// findRuns is split by the means of this machine.
func (e *fastEncoder) findRuns(raw []byte) { e.split(raw) }
