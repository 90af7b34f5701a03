package subprocess

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/outcore/outcore/engine/local"
	"github.com/outcore/outcore/errs"
)

// A nursery is the children of one run, one for each worker; a worker uses no
// other's.
type nursery struct {
	program  string
	children []*child
}

// execute runs one attempt in the worker's child, with a new one if need be.
func (n *nursery) execute(ctx context.Context, x local.Execution) (json.RawMessage, error) {
	c := n.children[x.Worker]
	if c == nil {
		var err error
		if c, err = startChild(n.program); err != nil {
			return nil, err
		}
		n.children[x.Worker] = c
	}
	release := context.AfterFunc(ctx, c.kill)
	var a answer
	asked := writeFrame(c.requests, request{Op: x.Spec.Name, Args: x.Args}, maxRequest)
	if errors.Is(asked, errs.TooLarge) && release() {
		return nil, asked // nothing was sent, the child is as good as before
	}
	err := asked
	if err == nil {
		err = readFrame(c.answers, &a, maxAnswer)
	}
	killed := !release()
	if err != nil || killed {
		n.children[x.Worker] = nil
		died := c.end()
		if killed {
			return nil, ctx.Err()
		}
		return nil, errs.New(errs.Unavailable, "%s (%w)", died, err)
	}
	if a.Error != nil {
		return nil, a.Error.error()
	}
	return a.Value, nil
}

// close ends the children and waits for them.
func (n *nursery) close() {
	for _, c := range n.children {
		if c != nil {
			c.requests.Close()
		}
	}
	for _, c := range n.children {
		if c != nil {
			c.end()
		}
	}
}

// A child is a process that serves tasks.
type child struct {
	cmd      *exec.Cmd
	requests *os.File
	pipe     *os.File // of answers
	answers  *bufio.Reader
	words    tail
}

// waitDelay bounds how long the end of a child waits for programs it started
// and left behind, which may hold its standard error open.
const waitDelay = 2 * time.Second

func startChild(program string) (*child, error) {
	fail := func(err error, open ...*os.File) (*child, error) {
		for _, f := range open {
			f.Close()
		}
		return nil, errs.New(errs.Unavailable, "no child process: %w", err)
	}
	theirRequests, requests, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	answers, theirAnswers, err := os.Pipe()
	if err != nil {
		return fail(err, theirRequests, requests)
	}
	c := &child{cmd: exec.Command(program), requests: requests, pipe: answers, answers: bufio.NewReader(answers)}
	c.cmd.Env = append(os.Environ(), childEnv+"=1")
	c.cmd.ExtraFiles = []*os.File{theirRequests, theirAnswers}
	c.cmd.Stdout, c.cmd.Stderr = &c.words, &c.words
	c.cmd.WaitDelay = waitDelay
	if err := c.cmd.Start(); err != nil {
		return fail(err, theirRequests, requests, answers, theirAnswers)
	}
	// Only the child must hold its ends, or nobody would see the other's end.
	theirRequests.Close()
	theirAnswers.Close()
	return c, nil
}

// kill ends the process at once; end still has to be called.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // fails when it has ended already
}

// end makes the child end, waits for it, and says how it went.
func (c *child) end() string {
	c.requests.Close()
	c.pipe.Close()
	// A child that is well ends now; one that broke the protocol might not.
	stuck := time.AfterFunc(waitDelay, c.kill)
	err := c.cmd.Wait()
	stuck.Stop()
	how := "exit status 0"
	if err != nil {
		how = err.Error()
	}
	s := "the child process died: " + how
	if words := strings.TrimSpace(c.words.String()); words != "" {
		s += "; it last wrote:\n" + words + "\n"
	}
	return s
}

// A tail is a writer that keeps the last tailBytes.
type tail struct{ buf []byte }

// tailBytes holds the message and the trace of a panic.
const tailBytes = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.buf = append(t.buf, b...)
	if n := len(t.buf) - tailBytes; n > 0 {
		t.buf = append(t.buf[:0], t.buf[n:]...)
	}
	return len(b), nil
}

func (t *tail) String() string { return string(t.buf) }
