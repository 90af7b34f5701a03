package tour

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/table"
)

// The branches of the lab on which the same rows are chunked, once killed and
// once not. They begin at nothing, so their digests are of those rows alone.
const (
	killedBranch      = "killed"
	undisturbedBranch = "undisturbed"
	trialNode         = "/flights"
)

// rounds is how often the training rows are chunked on each of them; the second
// where the first is over before it can be killed.
var rounds = []int{20, 100}

// rechunked kills a chunking into the lab, has it go on, and compares the whole
// content of its branch with that of one that was left alone.
func (t *tour) rechunked(ctx context.Context) error {
	for _, branch := range []string{killedBranch, undisturbedBranch} {
		if err := t.lab.CreateBranch(ctx, branch, t.lab.first); err != nil {
			return err
		}
	}
	at, n, err := t.killChunking(ctx)
	if err != nil {
		return err
	}
	o, err := t.finish(t.chunking(ctx, killedBranch, n))
	if err != nil {
		return err
	}
	if !o.Result.Resumed {
		return errors.New("tour: the killed chunking began anew, expected it to go on")
	}
	if _, err := t.finish(t.chunking(ctx, undisturbedBranch, n)); err != nil {
		return err
	}
	got, err := t.lab.Digest(ctx, killedBranch)
	if err != nil {
		return err
	}
	want, err := t.lab.Digest(ctx, undisturbedBranch)
	if err != nil {
		return err
	}
	t.result.Trial = want
	t.check(fmt.Sprintf("chunking killed with SIGKILL at %.0f %%, resumed", 100*at), "data ", got, want, "undisturbed")
	return nil
}

// chunking is step 1, of fewer rows and in many commits, as a command line.
func (t *tour) chunking(ctx context.Context, branch string, rounds int) *exec.Cmd {
	args := []string{"chunk", t.paths.train, t.lab.at(branch, trialNode), "--repeat", fmt.Sprint(rounds), "--types", "*=" + numberType,
		"--compress", compress, "--chunk-rows", fmt.Sprint(fewRows), "--commit-every", "1", "--jobs", fmt.Sprint(t.Jobs)}
	for _, name := range numeric {
		args = append(args, "--columns", name)
	}
	return t.command(ctx, args...)
}

// killChunking kills it after some commits. at is how far it was, n the rounds
// of the rows.
func (t *tour) killChunking(ctx context.Context) (at float64, n int, err error) {
	for _, n = range rounds {
		total := float64(t.rows * int64(n))
		at, err = t.kill(t.chunking(ctx, killedBranch, n), func() (float64, bool) {
			_, rows := t.trialRows(ctx)
			at := float64(rows) / total
			return at, at >= 0.2 && at < 0.95
		})
		if ctx.Err() != nil {
			return 0, 0, context.Cause(ctx)
		}
		if !errors.Is(err, errOver) {
			return at, n, err
		}
		tip, _ := t.trialRows(ctx)
		if err := t.lab.ResetBranch(ctx, killedBranch, tip, t.lab.first); err != nil {
			return 0, 0, err
		}
	}
	return 0, 0, err
}

// trialRows is what is committed on the branch of the chunking that is killed.
func (t *tour) trialRows(ctx context.Context) (format.ObjectID, int64) {
	tip, err := t.lab.Resolve(ctx, killedBranch)
	if err != nil || tip == t.lab.first {
		return tip, 0
	}
	s, err := t.lab.Snapshot(ctx, tip.String())
	if err != nil {
		return tip, 0
	}
	rows, err := table.Open(ctx, s, trialNode)
	if err != nil {
		return tip, 0
	}
	return tip, rows.Rows()
}
