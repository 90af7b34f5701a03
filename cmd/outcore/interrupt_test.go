package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A background command runs while the test does other things.
type background struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	diag  bytes.Buffer
	ended chan struct{}
}

// start starts the program with a pipe as stdin.
func (s *shell) start(args ...string) *background {
	s.t.Helper()
	b := &background{cmd: s.command(s.t.Context(), args...), ended: make(chan struct{})}
	b.cmd.Stderr = &b.diag
	var err error
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = b.cmd.Wait() // told by its state
		close(b.ended)
	}()
	s.t.Cleanup(func() {
		_ = b.cmd.Process.Kill() // it may have ended
		<-b.ended
	})
	return b
}

// wait gives the exit code, -1 after a signal that was not caught.
func (b *background) wait(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case <-b.ended:
		return b.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		t.Fatalf("still there after %v", within)
		return 0
	}
}

// appears waits until a file is there, which nothing announces, or b ended.
func (s *shell) appears(b *background, name string) {
	s.t.Helper()
	late := time.After(time.Minute)
	for !s.has(name) {
		select {
		case <-late:
			s.t.Fatalf("%s does not appear", name)
		case <-b.ended:
			s.t.Fatalf("ended before %s was there: %v\n%s", name, b.cmd.ProcessState, &b.diag)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// fromPipe are commands that write OUT, read stdin, and hold LOCK meanwhile.
var fromPipe = map[string]struct{ args, lock string }{
	"chunk":   {"chunk - OUT --rows 1000 --format csv", "OUT/.outcore/chunk.lock"},
	"train":   {"train --data - --format csv --target y --use small,wide --holdout 0 --pipeline sgd-regressor(eta0=1e-9) -o OUT", "OUT/.outcore/lock"},
	"predict": {"predict --model model --data - --format csv -o OUT", ".OUT.staged"},
}

func TestTwoProcessesOnOneOutput(t *testing.T) {
	s := newShell(t)
	data := flights(90_000) // half of it is more than what is looked at before the lock
	s.write("flights.csv", data)
	s.must(strings.Fields("train --data flights.csv --target y --use small,wide --pipeline scale|sgd-regressor -o model")...)
	for verb, c := range fromPipe {
		t.Run(verb, func(t *testing.T) {
			s := &shell{t: t, dir: s.dir, env: s.env}
			args := func(out string) []string { return strings.Fields(strings.ReplaceAll(c.args, "OUT", out)) }
			alone := s.start(args(verb + "-alone")...)
			if _, err := alone.in.Write(data); err != nil || alone.in.Close() != nil {
				t.Fatal(err, &alone.diag)
			}
			if exit := alone.wait(t, time.Minute); exit != 0 {
				t.Fatalf("alone: exit %d\n%s", exit, &alone.diag)
			}

			first := s.start(args(verb + "-both")...)
			half := len(data) / 2
			wrote := make(chan error, 1)
			go func() {
				_, err := first.in.Write(data[:half])
				wrote <- err
			}()
			s.appears(first, strings.ReplaceAll(c.lock, "OUT", verb+"-both"))
			second := s.command(t.Context(), args(verb+"-both")...)
			second.Stdin = bytes.NewReader(data)
			o := s.finish(second)
			if o.exit != exitConflict || !strings.Contains(o.stderr, "another process writes") || !strings.Contains(o.stderr, "fix: ") {
				t.Errorf("second: exit %d\n%s", o.exit, o.stderr)
			}
			if err := <-wrote; err != nil {
				t.Fatal(err)
			}
			if _, err := first.in.Write(data[half:]); err != nil || first.in.Close() != nil {
				t.Fatal(err, &first.diag)
			}
			if exit := first.wait(t, time.Minute); exit != 0 {
				t.Fatalf("first: exit %d\n%s", exit, &first.diag)
			}
			if d := differs(tree(t, filepath.Join(s.dir, verb+"-both")), tree(t, filepath.Join(s.dir, verb+"-alone"))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTwoTours(t *testing.T) {
	s := newShell(t)
	first := s.start("tour", "--fast")
	s.appears(first, "tour/.outcore/lock")
	if o := s.run("tour", "--fast"); o.exit != exitConflict || !strings.Contains(o.stderr, "another process writes here") {
		t.Errorf("second tour: exit %d\n%s", o.exit, o.stderr)
	}
	if err := first.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if exit := first.wait(t, time.Minute); exit != 128+int(syscall.SIGTERM) {
		t.Errorf("first tour, stopped: exit %d\n%s", exit, &first.diag)
	}
}

// TestSignalsStopAndResume stops commands once they have begun, by SIGINT and
// SIGTERM, and gives them again.
func TestSignalsStopAndResume(t *testing.T) {
	s := newShell(t)
	s.write("flights.csv", flights(60_000))
	for name, c := range map[string]struct{ args, begun string }{
		"chunk": {"chunk flights.csv OUT --rows 500 --layout parquet --compress max", "OUT/chunk00002_data.parquet"},
		"train": {"train --data flights.csv --target y --leave class --pipeline auto --epochs 12 -o OUT --checkpoint-every 2ms", "OUT/.outcore/train.checkpoint"},
	} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(name+" "+sig.String(), func(t *testing.T) {
				s := newShellIn(t, s.dir)
				out := strings.ReplaceAll(name+"-"+sig.String(), " ", "-")
				args := func(out string) []string { return strings.Fields(strings.ReplaceAll(c.args, "OUT", out)) }
				b := s.start(args(out)...)
				s.appears(b, strings.ReplaceAll(c.begun, "OUT", out))
				if err := b.cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
				if exit := b.wait(t, time.Minute); exit != 128+int(sig) || !strings.Contains(b.diag.String(), "the same command goes on where it stopped") {
					t.Fatalf("exit %d\n%s", exit, &b.diag)
				}
				var list struct {
					Runs []struct {
						Status string
						Exit   int
					}
				}
				if err := json.Unmarshal([]byte(s.must("runs", "ls", "--json").stdout), &list); err != nil || len(list.Runs) != 1 || list.Runs[0].Status != "interrupted" || list.Runs[0].Exit != 128+int(sig) {
					t.Errorf("the log says %+v, %v", list, err)
				}
				var again struct{ Result struct{ Resumed bool } }
				o := s.must(append(args(out), "--json")...)
				if err := json.Unmarshal([]byte(o.stdout), &again); err != nil || !again.Result.Resumed {
					t.Errorf("given again, it did not go on: %v\n%s", err, o.stderr)
				}
				s.must(args(out + "-alone")...)
				if d := differs(tree(t, filepath.Join(s.dir, out)), tree(t, filepath.Join(s.dir, out+"-alone"))); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

// newShellIn has a log of runs of its own for commands in a directory.
func newShellIn(t *testing.T, dir string) *shell {
	t.Helper()
	s := newShell(t)
	s.dir = dir
	return s
}

func TestASignalEndsTheWaitForInput(t *testing.T) {
	s := newShell(t)
	b := s.start("chunk", "-", "out", "--format", "csv")
	if _, err := io.WriteString(b.in, "a,b\n1,2\n"); err != nil { // and then nothing
		t.Fatal(err)
	}
	s.logged()
	if err := b.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if exit := b.wait(t, 20*time.Second); exit != 130 {
		t.Errorf("exit %d\n%s", exit, &b.diag)
	}
}

// logged waits until a run has entered itself in the log: it catches signals
// from before that on.
func (s *shell) logged() {
	s.t.Helper()
	home := strings.TrimPrefix(s.env[0], "OUTCORE_HOME=")
	for deadline := time.Now().Add(time.Minute); ; {
		if found, err := filepath.Glob(filepath.Join(home, "runs", "*", "run.json")); err == nil && len(found) > 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatal("no run in the log")
		}
		<-time.After(2 * time.Millisecond)
	}
}
