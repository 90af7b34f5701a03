package tour

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/run"
)

// trust tries the promises out on outcore as a user runs it.
func (t *tour) trust(ctx context.Context) error {
	t.step(5, "Trust", "the same work by commands of their own, killed and changed")
	want := t.scaled.digest
	t.result.Digest = want
	at, got, err := t.killed(ctx)
	if err != nil {
		return err
	}
	t.check(fmt.Sprintf("training killed with SIGKILL at %.0f %%, resumed", 100*at), "model", got, want, "step 4")

	other := 1
	if t.Jobs == 1 {
		other = 2
	}
	if got, err = t.once(ctx, "workers", other); err != nil {
		return err
	}
	t.check(fmt.Sprintf("trained again with %s instead of %d", plural(int64(other), "worker", "workers"), t.Jobs), "model", got, want, "step 4")
	if err := t.rechunked(ctx); err != nil {
		return err
	}
	if err := t.refused(ctx); err != nil {
		return err
	}
	return t.commit(ctx, "trust: what was tried, and what came of it", func(s *icechunk.Session) error {
		var what, outcome []string
		var ok []bool
		for _, c := range t.result.Checks {
			what, outcome, ok = append(what, c.What), append(outcome, c.Outcome), append(ok, c.OK)
		}
		return putTable(ctx, s, trustNode, []string{"what", "outcome", "ok"}, what, outcome, ok)
	})
}

// check notes and prints whether two digests, of kind, are the same; of says
// whose the second is.
func (t *tour) check(what, kind, got, want, of string) {
	same := "same bytes"
	if got != want {
		same = "NOT the " + compose.ShortDigest(want) + " of " + of
	}
	came := kind + " " + compose.ShortDigest(got)
	t.result.Checks = append(t.result.Checks, Check{What: what, Outcome: came + ", " + same, OK: got == want})
	t.more("%-47s %-5s %s  %s", what, kind, compose.ShortDigest(got), same)
}

// training is that of step 4 as a command line.
func (t *tour) training(ctx context.Context, name string, jobs int, extra ...string) *exec.Cmd {
	return t.command(ctx, append([]string{"train", "--data", t.lab.at(t.lab.data.String(), trainNode), "--target", target, "--use", strings.Join(known, ","),
		"--pipeline", "scale | sgd-regressor", "--holdout", "0", "--jobs", fmt.Sprint(jobs),
		"-o", filepath.Join(t.Dir, "models", name), "--checkpoint-every", "200ms"}, extra...)...)
}

// command is outcore with args, ending with a status object.
func (t *tour) command(ctx context.Context, args ...string) *exec.Cmd {
	if !slices.Contains(args, "--memory") {
		args = append(args, "--memory", memory.FlagSize(t.Budget.Cap()))
	}
	args = slices.Concat(t.Program[1:], args, []string{"--json", "--quiet"})
	cmd := exec.CommandContext(ctx, t.Program[0], args...)
	cmd.Env = append(os.Environ(), "OUTCORE_HOME="+t.home())
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// home keeps the logs of the tour's own commands apart from the user's.
func (t *tour) home() string { return filepath.Join(t.Dir, ".outcore", "home") }

// an outcome is the status object a command ends with.
type outcome struct {
	Exit      int    `json:"exit"`
	Error     string `json:"error"`
	NeedBytes int64  `json:"need_bytes"`
	PeakBytes int64  `json:"peak_bytes"`
	Result    struct {
		Digest  string `json:"digest"`
		Resumed bool   `json:"resumed"`
	} `json:"result"`
}

// once runs one training to its end and gives the digest of its model.
func (t *tour) once(ctx context.Context, name string, jobs int) (string, error) {
	if err := os.RemoveAll(filepath.Join(t.Dir, "models", name)); err != nil {
		return "", err
	}
	o, err := t.finish(t.training(ctx, name, jobs))
	return o.Result.Digest, err
}

// finish runs a command to its end.
func (t *tour) finish(cmd *exec.Cmd) (outcome, error) {
	var o outcome
	out, err := cmd.Output()
	last := out[strings.LastIndex(strings.TrimSpace(string(out)), "\n")+1:]
	if jsonErr := json.Unmarshal(last, &o); jsonErr != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return o, fmt.Errorf("tour: %s: %w: %s", cmd, err, exit.Stderr)
		}
		return o, fmt.Errorf("tour: %s: %w", cmd, errors.Join(err, jsonErr))
	}
	t.result.Peak = max(t.result.Peak, o.PeakBytes)
	if o.Exit != 0 {
		return o, fmt.Errorf("tour: %s: exit %d: %s", cmd, o.Exit, o.Error)
	}
	return o, nil
}

// killed starts a training, kills it with SIGKILL in its second pass, and has
// the same command go on. at is how far the training had come. Where it is
// over too soon for that, it is made again and killed after its first pass.
func (t *tour) killed(ctx context.Context) (at float64, digest string, err error) {
	at, err = t.killTraining(ctx, func() (float64, bool) {
		p := t.progress()
		return (1 + p) / 2, p >= 0.2 && p < 0.95 && t.checkpointed()
	})
	if errors.Is(err, errOver) {
		at, err = t.killTraining(ctx, func() (float64, bool) {
			return 0.5, t.checkpointed()
		})
	}
	if err != nil {
		return 0, "", err
	}
	o, err := t.finish(t.training(ctx, "killed", t.Jobs))
	if err == nil && !o.Result.Resumed {
		err = errors.New("tour: the killed training began anew, expected it to go on")
	}
	return at, o.Result.Digest, err
}

// checkpointed reports whether there is something for the killed training to go
// on from: the first checkpoint comes when 200 ms have passed.
func (t *tour) checkpointed() bool {
	found, _ := filepath.Glob(filepath.Join(t.Dir, "models", "killed", ".outcore", "*.checkpoint"))
	return len(found) > 0
}

// errOver says that a training ended before it could be killed.
var errOver = errors.New("tour: the job that was to be killed had ended already")

// killTraining kills a training that begins anew.
func (t *tour) killTraining(ctx context.Context, ripe func() (float64, bool)) (float64, error) {
	if err := errors.Join(os.RemoveAll(filepath.Join(t.Dir, "models", "killed")), os.RemoveAll(t.home())); err != nil {
		return 0, err
	}
	return t.kill(t.training(ctx, "killed", t.Jobs), ripe)
}

// kill starts a job and kills it once ripe says so, and how far it is.
func (t *tour) kill(cmd *exec.Cmd, ripe func() (float64, bool)) (float64, error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return 0, errors.Join(errOver, err)
		case <-tick.C:
			at, ok := ripe()
			if !ok {
				continue
			}
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return 0, err
			}
			if err := <-ended; err == nil {
				return 0, errOver
			}
			return at, nil
		}
	}
}

// progress reads how far the newest run is into its learning pass.
func (t *tour) progress() float64 {
	runs, err := run.List(t.home())
	if err != nil || len(runs) == 0 {
		return 0
	}
	f, err := os.Open(filepath.Join(t.home(), "runs", runs[0].ID, "events.jsonl"))
	if err != nil {
		return 0
	}
	defer f.Close()
	var at float64
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e event.Event
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Kind == event.Progress && strings.HasPrefix(e.Step, "learn") && e.Total > 0 {
			at = float64(e.Done) / float64(e.Total)
		}
	}
	return at
}

// tooLittle is a budget that nothing can run in.
const tooLittle = "8MiB"

// refused asks for the impossible.
func (t *tour) refused(ctx context.Context) error {
	o, err := t.finish(t.training(ctx, "refused", t.Jobs, "--memory", tooLittle))
	ok := o.Exit == 3 && o.NeedBytes > 0
	if err == nil || o.Exit == 0 {
		return fmt.Errorf("tour: a training in %s was not refused", tooLittle)
	}
	what := "asked to run in " + strings.TrimSuffix(tooLittle, "MiB") + " MiB"
	said := "refused before starting: needs " + memory.FormatSize(o.NeedBytes)
	if !ok {
		said = fmt.Sprintf("ended with exit %d: %s", o.Exit, o.Error)
	}
	t.result.Checks = append(t.result.Checks, Check{What: what, Outcome: said, OK: ok})
	t.more("%-47s %s", what, said)
	return nil
}
