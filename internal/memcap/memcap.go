// Package memcap runs a command under a real memory limit, without swap, and
// says what it took. It is for tests: the promise of --memory is tested by the
// kernel's own limit where that can be had.
//
// The limit is a control group of version 2, else of version 1, made below the
// group of the caller; where neither may be made the command runs unlimited
// and only its resident memory is watched. Result.Method says which it was.
// The kernel charges the page cache to the group too, but takes it back before
// it kills.
package memcap

import (
	"context"
	"os/exec"
	"time"
)

// The methods.
const (
	CgroupV2 = "cgroup v2"
	CgroupV1 = "cgroup v1"
	Watch    = "VmHWM" // no limit, only watched
)

// A Result is what a command took, in bytes. Zero means unknown.
type Result struct {
	Method    string
	Limit     int64
	Peak      int64 // VmHWM of the command itself, read every 5 ms while it ran
	Anon      int64 // most RssAnon seen, which leaves out the pages of the program's file; as often; zero where Linux does not tell
	MaxRSS    int64 // of the rusage; starts at the resident memory of the caller, so it may be too high
	GroupPeak int64 // most the group was charged: all processes, page cache included, so ≤ Limit
	OOMKilled bool  // the kernel killed a process of the group for its memory
	Elapsed   time.Duration
}

// Limited reports whether a limit was enforced, not only watched.
func (r Result) Limited() bool { return r.Method != Watch }

// Run starts cmd, which must not be started, limited to limit bytes, and waits
// for it. When ctx is done it kills cmd and what cmd started. No process of cmd
// and no group is left when Run returns; when the caller is killed, cmd dies
// too and the next Run removes the group.
//
// The error is that of cmd.Wait (an *exec.ExitError also after an OOM kill),
// joined with ctx's, or of the start. Run changes cmd's Path, Args and
// SysProcAttr.
func Run(ctx context.Context, limit int64, cmd *exec.Cmd) (Result, error) {
	return run(ctx, limit, cmd)
}
