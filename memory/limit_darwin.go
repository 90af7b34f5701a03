package memory

import "golang.org/x/sys/unix"

func limit() (int64, string) {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0, "unknown"
	}
	return int64(n), "machine"
}
