// Command limited runs a command under a memory limit of the kernel and says
// what it took, for the measurements of bench:
//
//	limited BYTES COMMAND ARG…
//
// BYTES 0 sets no limit. The command's stdin, stdout and stderr are ours; the
// last line on stderr is one JSON object. The exit code is the command's.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/outcore/outcore/internal/memcap"
)

// none is a limit that nothing reaches.
const none = 1 << 50

// taken is the JSON object; bytes and seconds.
type taken struct {
	Method  string  `json:"method"` // cgroup v2, cgroup v1, VmHWM (no limit could be set)
	Limit   int64   `json:"limit"`
	Peak    int64   `json:"peak"`
	Anon    int64   `json:"anon"` // most seen of what is of no file
	Group   int64   `json:"group_peak"`
	Killed  bool    `json:"oom_killed"`
	Elapsed float64 `json:"elapsed"`
	User    float64 `json:"user"`
	System  float64 `json:"system"`
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: limited BYTES COMMAND ARG…")
		os.Exit(2)
	}
	limit, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		fmt.Fprintf(os.Stderr, "limited: %v\n", err)
		os.Exit(2)
	}
	if limit == 0 {
		limit = none
	}
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	r, err := memcap.Run(context.Background(), limit, cmd)
	t := taken{Method: r.Method, Limit: r.Limit, Peak: r.Peak, Anon: r.Anon, Group: r.GroupPeak, Killed: r.OOMKilled, Elapsed: r.Elapsed.Seconds()}
	if s := cmd.ProcessState; s != nil {
		t.User, t.System = s.UserTime().Seconds(), s.SystemTime().Seconds()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintf(os.Stderr, "limited: %v\n", err)
		os.Exit(1)
	}
	line, err := json.Marshal(t)
	if err != nil {
		panic(err) // numbers and one text
	}
	fmt.Fprintf(os.Stderr, "%s\n", line)
	code := cmd.ProcessState.ExitCode()
	if code < 0 || t.Killed { // a signal, or a child of it was killed
		code = 1
	}
	os.Exit(code)
}
