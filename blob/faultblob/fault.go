// Package faultblob makes the calls of a bucket fail, tarry, lose their reply
// or crash the program, at a place that a test chooses: the k-th call. It is for
// tests of what must survive that.
//
//	// How many calls are there? Then crash before each of them, in turn.
//	w := faultblob.Wrap(b)
//	job(w.Bucket)
//	for k := 1; k <= w.Calls(""); k++ {
//		w := faultblob.Wrap(b, faultblob.Crash(k, faultblob.Before, func() { panic(sentinel) }))
//		…
//	}
package faultblob

import (
	"context"
	"time"

	"github.com/outcore/outcore/errs"
)

// Op is a kind of call.
type Op string

// The kinds of call. A read at random counts each time; reading what Get
// returned does not, nor does Close.
const (
	Get          Op = "get"
	OpenReaderAt Op = "open reader at"
	ReadAt       Op = "read at"
	Put          Op = "put" // PutFile too
	Stat         Op = "stat"
	Delete       Op = "delete"
	List         Op = "list" // once a sequence
	Sync         Op = "sync"
)

// When is the point of a call at which a fault strikes.
type When int

const (
	Before When = iota // the call has no effect yet
	Midway             // half of the bytes of a Put or a Get went through; other calls have no middle and pass
	After              // the call took effect, or failed by itself
)

// A Fault is what happens to one call, or to every one.
type Fault struct {
	Op   Op   // calls that count; "" = all
	Call int  // the how-many-eth of them, from 1; 0 = every one
	When When // at which point

	// Do happens then. An error of Do is the call's error, whatever the call
	// did: after it that is a lost reply. It may also not return (os.Exit, panic).
	Do func(context.Context) error
}

// On limits f to calls of one kind, which alone are then counted.
func (f Fault) On(op Op) Fault { f.Op = op; return f }

// Fail makes the k-th call fail with errs.Unavailable and without effect.
func Fail(k int) Fault {
	return Fault{Call: k, When: Before, Do: func(context.Context) error {
		return errs.New(errs.Unavailable, "faultblob: the call failed, as planned")
	}}
}

// LoseReply makes the k-th call take effect and then fail with errs.Unavailable.
func LoseReply(k int) Fault {
	return Fault{Call: k, When: After, Do: func(context.Context) error {
		return errs.New(errs.Unavailable, "faultblob: the reply was lost, as planned")
	}}
}

// Break makes the k-th call fail with errs.Unavailable halfway through the bytes.
func Break(k int) Fault {
	return Fault{Call: k, When: Midway, Do: func(context.Context) error {
		return errs.New(errs.Unavailable, "faultblob: the connection broke, as planned")
	}}
}

// Delay makes the k-th call wait before it is done.
func Delay(k int, d time.Duration) Fault {
	return Fault{Call: k, When: Before, Do: func(ctx context.Context) error {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			return nil
		}
	}}
}

// Crash calls f at a point of the k-th call: f panics or ends the process. If f
// returns the call goes on.
func Crash(k int, when When, f func()) Fault {
	return Fault{Call: k, When: when, Do: func(context.Context) error { f(); return nil }}
}
