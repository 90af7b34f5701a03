package memory

import (
	"runtime/debug"
	"time"

	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/internal/image"
)

// A watchdog reads the resident memory of the process, holds reservations back
// while it is high, and reports.
type watchdog struct {
	end  chan struct{}
	done chan struct{}
}

const watchEvery = 250 * time.Millisecond

func (d *watchdog) start(b *Budget) {
	d.end, d.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(d.done)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		b.watch(ReadUsage())
		for {
			select {
			case <-tick.C:
				b.watch(ReadUsage())
			case <-d.end:
				return
			}
		}
	}()
}

// stop ends the goroutine and waits for it.
func (d *watchdog) stop() {
	close(d.end)
	<-d.done
}

// watch acts on one reading: above 85 % of the cap admission pauses and cached
// slabs go back to the kernel; when it goes on to grow, the Go heap's free
// pages do too. Near the cap go the pages of the program file.
func (b *Budget) watch(u Usage) {
	b.mu.Lock()
	was := b.paused
	b.paused = u.Anon > b.cap/100*85
	var dead [][]byte
	if b.paused {
		dead = b.pool.drain()
	} else {
		b.admit()
	}
	fields := map[string]float64{
		"rss": float64(u.RSS), "anon": float64(u.Anon), "peak": float64(u.Peak), "cap": float64(b.cap),
		"reserved": float64(b.reserved), "slabs": float64(b.pool.live), "cached": float64(b.pool.cached),
	}
	paused := b.paused
	b.mu.Unlock()
	if len(dead) > 0 {
		unmap(dead)
		b.moveHeapLimit()
	}
	if paused && !was { // once a pause: it collects garbage
		debug.FreeOSMemory()
	}
	if u.RSS > b.cap/16*15 {
		image.Drop() // of what the job did once: no garbage, and cheaper to give than it
	}
	b.events.Send(event.Event{Kind: event.Memory, Fields: fields})
}
