package icechunk

import (
	"context"
	"strings"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

const (
	// maxSkew is how far our clock may be off from the store's. The official
	// engine refuses to commit on top of a snapshot from the future, and has the
	// same limit for its own.
	maxSkew = 10 * time.Minute

	// skewEvery is how often the clocks are compared.
	skewEvery = 10 * time.Minute
)

// checkClock compares our clock with the store's, by the time of the object at
// key that was just written. Memory has our own.
func (r *Repository) checkClock(ctx context.Context, key string) error {
	if strings.HasPrefix(r.b.Address(), "mem://") {
		return nil
	}
	r.mu.Lock()
	timed := r.timed
	r.mu.Unlock()
	if !timed.IsZero() && time.Since(timed) < skewEvery {
		return nil
	}
	var info blob.Info
	err := retry(ctx, func() (err error) {
		info, err = r.b.Stat(ctx, key)
		return err
	})
	if err != nil {
		return err
	}
	if skew := r.opt.Now().Sub(info.ModTime); skew.Abs() > maxSkew {
		way := "ahead of"
		if skew < 0 {
			way = "behind"
		}
		return r.fail(errs.New(errs.Invalid, "icechunk: the clock of this machine is %v %s that of the store, expected at most %v: others could not commit after it",
			skew.Abs().Round(time.Second), way, maxSkew).WithFix("set the clock, as by timedatectl set-ntp true"))
	}
	r.mu.Lock()
	r.timed = time.Now()
	r.mu.Unlock()
	return nil
}
