package memcap

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

const pollEvery = 5 * time.Millisecond // a reading costs some 30 µs

func run(ctx context.Context, limit int64, cmd *exec.Cmd) (r Result, err error) {
	r = Result{Method: Watch, Limit: limit}
	if err := ctx.Err(); err != nil {
		return r, err
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	// The child is killed when the thread that started it ends: keep the thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true

	g := newGroup(limit)
	if g != nil {
		r.Method = g.method
		defer func() {
			r.GroupPeak, r.OOMKilled = g.peak(), g.oomKilled()
			err = errors.Join(err, g.remove())
		}()
		done, err := g.enter(cmd)
		if err != nil {
			return r, err
		}
		defer done()
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return r, err
	}
	pid := cmd.Process.Pid
	kill := func() {
		syscall.Kill(-pid, syscall.SIGKILL) //nolint:errcheck // may be gone already
		if g != nil {
			g.kill()
		}
	}
	stop := context.AfterFunc(ctx, kill)
	ended, polled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(polled)
		r.Peak, r.Anon = pollPeak(pid, ended)
	}()

	err = cmd.Wait()
	close(ended)
	<-polled
	r.Elapsed = time.Since(start)
	if !stop() { // ctx ended it
		err = errors.Join(err, ctx.Err())
	}
	if ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.MaxRSS = ru.Maxrss << 10
	}
	return r, err
}

// pollPeak reads VmHWM and RssAnon until the process has ended. The first only
// grows, so that nothing but the growth of the last few milliseconds can be
// missed.
func pollPeak(pid int, ended <-chan struct{}) (peak, anon int64) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	name := "/proc/" + strconv.Itoa(pid) + "/status"
	for {
		b, err := os.ReadFile(name)
		if err == nil {
			peak = max(peak, field(b, "VmHWM:")<<10)
			anon = max(anon, field(b, "RssAnon:")<<10)
		}
		select {
		case <-tick.C:
		case <-ended:
			return peak, anon
		}
	}
}
