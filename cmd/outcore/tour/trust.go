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
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/run"
)

// trust tries the promises out on outcore as a user runs it.
func (t *tour) trust(ctx context.Context) error {
	t.watch.mark("Trust")
	want := t.scaled.digest
	t.result.Digest = want
	at, got, err := t.killed(ctx)
	if err != nil {
		return err
	}
	t.check(5, fmt.Sprintf("killed with SIGKILL at %.0f %%, resumed", 100*at), got, want)

	other := 1
	if t.Jobs == 1 {
		other = 2
	}
	if got, err = t.once(ctx, "workers", other); err != nil {
		return err
	}
	t.check(0, fmt.Sprintf("trained again with %s instead of %d", plural(int64(other), "worker", "workers"), t.Jobs), got, want)
	return t.refused(ctx)
}

// check notes and prints whether two models are the same.
func (t *tour) check(step int, what, got, want string) {
	same := "same bytes"
	if got != want {
		same = "NOT the " + compose.ShortDigest(want) + " of step 4"
	}
	t.result.Checks = append(t.result.Checks, Check{What: what, Outcome: "model " + compose.ShortDigest(got) + ", " + same, OK: got == want})
	line := fmt.Sprintf("%-41s model %s  %s", what, compose.ShortDigest(got), same)
	if step > 0 {
		t.say("%d %-6s %s", step, "Trust", line)
	} else {
		t.more("%s", line)
	}
}

// command is the training of step 4 as a command line.
func (t *tour) command(ctx context.Context, name string, jobs int, extra ...string) *exec.Cmd {
	args := append(t.Program[1:],
		"train", "--data", t.paths.chunks, "--target", target, "--use", strings.Join(known, ","),
		"--pipeline", "scale | sgd-regressor", "--holdout", "0", "--jobs", fmt.Sprint(jobs),
		"-o", filepath.Join(t.Dir, "models", name), "--json", "--quiet", "--checkpoint-every", "200ms")
	if !slices.Contains(extra, "--memory") {
		extra = append(extra, "--memory", memory.FlagSize(t.Budget.Cap()))
	}
	cmd := exec.CommandContext(ctx, t.Program[0], append(args, extra...)...)
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
	o, err := t.finish(t.command(ctx, name, jobs))
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
	at, err = t.kill(ctx, func() (float64, bool) {
		p := t.progress()
		return (1 + p) / 2, p >= 0.2 && p < 0.95
	})
	if errors.Is(err, errOver) {
		at, err = t.kill(ctx, func() (float64, bool) {
			found, _ := filepath.Glob(filepath.Join(t.Dir, "models", "killed", ".outcore", "*.checkpoint"))
			return 0.5, len(found) > 0
		})
	}
	if err != nil {
		return 0, "", err
	}
	o, err := t.finish(t.command(ctx, "killed", t.Jobs))
	if err == nil && !o.Result.Resumed {
		err = errors.New("tour: the killed training began anew, expected it to go on")
	}
	return at, o.Result.Digest, err
}

// errOver says that a training ended before it could be killed.
var errOver = errors.New("tour: the training that was to be killed had ended already")

// kill starts a training and kills it once ripe says so, and how far it is.
func (t *tour) kill(ctx context.Context, ripe func() (float64, bool)) (float64, error) {
	if err := errors.Join(os.RemoveAll(filepath.Join(t.Dir, "models", "killed")), os.RemoveAll(t.home())); err != nil {
		return 0, err
	}
	cmd := t.command(ctx, "killed", t.Jobs)
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
			return 0, errors.Join(errOver, err, ctx.Err())
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
	o, err := t.finish(t.command(ctx, "refused", t.Jobs, "--memory", tooLittle))
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
	t.more("%-41s %s", what, said)
	return nil
}
