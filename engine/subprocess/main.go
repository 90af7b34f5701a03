package subprocess

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/outcore/outcore/task"
)

// childEnv tells a process that it is a child.
const childEnv = "OUTCORE_SUBPROCESS_CHILD"

// The pipes of a child: the first two of exec.Cmd.ExtraFiles.
const (
	requestFD = 3
	answerFD  = 4
)

// Main does nothing in an ordinary process. In a child of an Engine it serves
// tasks until the parent ends, and then exits; call it first in main, once all
// packages with ops are initialised.
func Main() {
	if os.Getenv(childEnv) == "" {
		return
	}
	_ = os.Unsetenv(childEnv)   // programs that ops start are not children; fails for malformed names only
	signal.Ignore(os.Interrupt) // ^C goes to the whole group; the parent decides
	requests := os.NewFile(requestFD, "requests")
	answers := os.NewFile(answerFD, "answers")
	if err := serve(requests, answers); err != nil {
		fmt.Fprintln(os.Stderr, "outcore child:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve answers requests, one after another, until there are no more. That
// ends it even while an op runs: nobody waits for the answer any more. The two
// goroutines it starts end with the process.
func serve(requests io.Reader, answers io.Writer) error {
	next := make(chan request)
	ended := make(chan error, 2)
	go func() {
		r := bufio.NewReader(requests)
		for {
			var req request
			if err := readFrame(r, &req, maxRequest); err != nil {
				ended <- err
				return
			}
			next <- req
		}
	}()
	go func() {
		for req := range next {
			if err := writeFrame(answers, perform(req), maxAnswer); err != nil {
				ended <- err
				return
			}
		}
	}()
	if err := <-ended; err != io.EOF {
		return err
	}
	return nil
}

func perform(req request) answer {
	spec, err := task.Lookup(req.Op)
	if err != nil {
		return answer{Error: toWire(err)}
	}
	call, err := spec.Decode(req.Args)
	if err != nil {
		return answer{Error: toWire(err)}
	}
	value, err := call.Run(context.Background())
	if err != nil {
		return answer{Error: toWire(err)}
	}
	return answer{Value: value}
}
