package memory

// A Usage is the resident memory of this process in bytes. Zero means unknown.
type Usage struct {
	RSS  int64 // resident now
	Anon int64 // of it, not backed by files: heap, stacks, slabs
	Peak int64 // most RSS since the start (VmHWM)
}

// ReadUsage asks the kernel; it costs some 10 µs. On Linux the numbers may lag
// by some pages a CPU. On macOS only Peak is known, and RSS and Anon are what
// the Go runtime has mapped.
func ReadUsage() Usage { return readUsage() }
