package icechunk

import (
	"context"
	"errors"
	"sync"
)

// flights are the reads of chunk objects under way. Bytes that are asked for
// while they are being read are not requested again: who came first copies them
// to the others. It keeps no memory of its own; the zero flights are ready.
type flights struct {
	mu   sync.Mutex
	open map[cacheKey]*flight
}

// A flight is one read under way.
type flight struct {
	done chan struct{} // closed when err may be read

	mu    sync.Mutex
	to    map[*byte][]byte // of those who wait, as long as each does
	ended bool
	err   error
}

// read fills p, which is not empty, with the bytes of key. get does so by a
// request; its error is that of all who wait, but for the end of its context.
func (f *flights) read(ctx context.Context, key cacheKey, p []byte, get func() error) error {
	for {
		fl, first := f.enter(key)
		if first {
			err := context.Canceled // should get panic, the others read for themselves
			defer func() {
				f.leave(key)
				fl.land(p, err)
			}()
			err = get()
			return err
		}
		if !fl.wait(p) {
			continue
		}
		select {
		case <-fl.done:
		case <-ctx.Done():
			fl.forget(p)
			return ctx.Err()
		}
		if errors.Is(fl.err, context.Canceled) || errors.Is(fl.err, context.DeadlineExceeded) {
			continue // of who was first, not ours
		}
		return fl.err
	}
}

func (f *flights) enter(key cacheKey) (fl *flight, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl := f.open[key]; fl != nil {
		return fl, false
	}
	if f.open == nil {
		f.open = map[cacheKey]*flight{}
	}
	fl = &flight{done: make(chan struct{})}
	f.open[key] = fl
	return fl, true
}

func (f *flights) leave(key cacheKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, key)
}

// wait asks for a copy in p; it is false when the flight has ended.
func (fl *flight) wait(p []byte) bool {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	if fl.ended {
		return false
	}
	if fl.to == nil {
		fl.to = map[*byte][]byte{}
	}
	fl.to[&p[0]] = p
	return true
}

// forget leaves p alone from now on.
func (fl *flight) forget(p []byte) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	delete(fl.to, &p[0])
}

// land gives what was read to those who wait.
func (fl *flight) land(p []byte, err error) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	fl.ended, fl.err = true, err
	if err == nil {
		for _, q := range fl.to {
			copy(q, p)
		}
	}
	close(fl.done)
}
