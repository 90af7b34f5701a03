package memory

// Limit returns the bytes of memory this process may use at most, and what says
// so: "cgroup v2", "cgroup v1" or "machine". It returns 0 and "unknown" when
// nothing does.
func Limit() (bytes int64, from string) { return limit() }
