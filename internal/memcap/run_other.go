//go:build !linux

package memcap

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"time"
)

func run(ctx context.Context, limit int64, cmd *exec.Cmd) (Result, error) {
	r := Result{Method: Watch, Limit: limit}
	if err := ctx.Err(); err != nil {
		return r, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return r, err
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	err := cmd.Wait()
	stop()
	r.Elapsed = time.Since(start)
	if ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.MaxRSS = ru.Maxrss // bytes on macOS
		r.Peak = r.MaxRSS
	}
	if err != nil {
		err = errors.Join(err, ctx.Err())
	}
	return r, err
}
