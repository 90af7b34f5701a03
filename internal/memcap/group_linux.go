package memcap

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/outcore/outcore/internal/cgroup"
)

// A group is a control group made for one run.
type group struct {
	method string
	dir    string
}

const prefix = "outcore-memcap-"

var count atomic.Int64

// newGroup makes a group with the limit, nil where none may be made.
func newGroup(limit int64) *group {
	for _, g := range cgroup.Find(os.DirFS("/")) {
		for parent := range g.Up() {
			// A version 2 group that holds processes cannot give the controller
			// to its children; one further up may.
			parent = "/" + parent
			sweep(parent)
			dir := filepath.Join(parent, fmt.Sprintf("%s%d-%d", prefix, os.Getpid(), count.Add(1)))
			if os.Mkdir(dir, 0o755) != nil {
				continue
			}
			if g := (&group{fmt.Sprintf("cgroup v%d", g.Version), dir}); g.limit(limit) == nil {
				return g
			}
			os.Remove(dir)
		}
	}
	return nil
}

// sweep removes the groups of callers that were killed.
func sweep(parent string) {
	old, _ := filepath.Glob(filepath.Join(parent, prefix+"*"))
	for _, dir := range old {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && syscall.Kill(n, 0) == syscall.ESRCH {
			os.Remove(dir)
		}
	}
}

func (g *group) limit(n int64) error {
	value := strconv.FormatInt(n, 10)
	if g.method == CgroupV2 {
		g.write("memory.swap.max", "0") //nolint:errcheck // missing without swap
		return g.write("memory.max", value)
	}
	if err := g.write("memory.limit_in_bytes", value); err != nil {
		return err
	}
	g.write("memory.memsw.limit_in_bytes", value) //nolint:errcheck // missing without swap accounting
	return nil
}

// enter makes cmd start inside the group. done is called after the start.
func (g *group) enter(cmd *exec.Cmd) (done func(), err error) {
	if g.method == CgroupV2 {
		dir, err := os.Open(g.dir)
		if err != nil {
			return nil, err
		}
		cmd.SysProcAttr.UseCgroupFD = true
		cmd.SysProcAttr.CgroupFD = int(dir.Fd())
		return func() { dir.Close() }, nil
	}
	// Version 1 has no way to start a process inside: a shell moves itself and
	// becomes the command.
	if cmd.Err != nil {
		return nil, cmd.Err
	}
	args := []string{"sh", "-c", `echo $$ >"$0" && exec "$@"`, g.file("cgroup.procs"), cmd.Path}
	cmd.Args = append(args, cmd.Args[min(1, len(cmd.Args)):]...)
	cmd.Path = "/bin/sh"
	return func() {}, nil
}

// peak is the most bytes charged.
func (g *group) peak() int64 {
	name := "memory.peak"
	if g.method == CgroupV1 {
		name = "memory.max_usage_in_bytes"
	}
	b, err := os.ReadFile(g.file(name))
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n
}

func (g *group) oomKilled() bool {
	name := "memory.events"
	if g.method == CgroupV1 {
		name = "memory.oom_control"
	}
	b, err := os.ReadFile(g.file(name))
	return err == nil && field(b, "oom_kill ") > 0
}

// kill ends every process of the group.
func (g *group) kill() {
	b, err := os.ReadFile(g.file("cgroup.procs"))
	if err != nil {
		return
	}
	for pid := range strings.FieldsSeq(string(b)) {
		if n, err := strconv.Atoi(pid); err == nil && n > 1 {
			syscall.Kill(n, syscall.SIGKILL) //nolint:errcheck // may be gone already
		}
	}
}

// remove kills what is left and takes the group away. A group is busy until
// its last process is gone, which is soon after the kill.
func (g *group) remove() error {
	var err error
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) { //nolint:forbidigo // the kernel tells of no end
		g.kill()
		if err = os.Remove(g.dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	return fmt.Errorf("memcap: remove group: %w", err)
}

func (g *group) file(name string) string { return filepath.Join(g.dir, name) }

func (g *group) write(name, value string) error {
	f, err := os.OpenFile(g.file(name), os.O_WRONLY, 0) // never create: it is no plain directory
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}

// field gives the number after key at the start of a line, 0 when there is none.
func field(b []byte, key string) int64 {
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte(key)); ok {
			if f := bytes.Fields(rest); len(f) > 0 {
				n, _ := strconv.ParseInt(string(f[0]), 10, 64)
				return n
			}
		}
	}
	return 0
}
