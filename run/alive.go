package run

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// born identifies a process beyond its number, which the system uses again:
// the start time in clock ticks since boot and the boot's id, on Linux. It is
// "" where that is not known.
func born(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	// The command name, in parentheses, may hold anything: count from its end.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return ""
	}
	return string(bytes.TrimSpace(boot)) + "/" + string(fields[19])
}

// alive reports whether the process pid that was born so still runs.
func alive(pid int, was string) bool {
	if was != "" {
		return born(pid) == was
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
