package stream

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// A Panic is what a panic in a worker or in the input of a Map becomes in the
// goroutine that ranges over it.
type Panic struct {
	Value any    // given to panic
	Stack []byte // of the goroutine that panicked
}

// String gives the value and the stack, so that the crash of the program shows
// where the bug is, not where it was met.
func (p *Panic) String() string {
	return fmt.Sprintf("stream: panic in a worker: %v\n\n%s", p.Value, p.Stack)
}

// Error makes a Panic print in full when it ends the program.
func (p *Panic) Error() string { return p.String() }

// Unwrap returns Value when it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

var errGoexit = errors.New("runtime.Goexit was called")

// guard calls f and puts into bug how it panicked. When f ends its goroutine
// with runtime.Goexit, guard does not return, but bug is set.
func guard(bug **Panic, f func()) {
	returned := false
	defer func() {
		if returned {
			return
		}
		v := recover()
		if p, ok := v.(*Panic); ok { // of a Map further in: its stack is the one to show
			*bug = p
			return
		}
		if v == nil {
			v = errGoexit
		}
		*bug = &Panic{Value: v, Stack: debug.Stack()}
	}()
	f()
	returned = true
}
