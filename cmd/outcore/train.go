package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/internal/lock"
	"github.com/outcore/outcore/internal/shellword"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/train"
)

// trainFlags are the flags of train.
type trainFlags struct {
	flags     *pflag.FlagSet
	data      []string
	in        dataFlags
	target    string
	weight    string
	use       []string
	leave     []string
	classes   []string
	pipeline  string
	out       string
	batch     int
	epochs    int
	holdout   float64
	seed      uint64
	online    bool
	list      bool
	every     time.Duration
	restart   bool
	overwrite bool
}

func (p *program) trainCommand() *cobra.Command {
	var t trainFlags
	c := &cobra.Command{
		Use:     "train --data ADDRESS… --target COLUMN --pipeline STEPS -o MODEL",
		Short:   "Learn a model from data larger than memory",
		GroupID: "learn",
		Long: `Learn a model from data larger than memory.

A pipeline is steps with | between them, a YAML file of steps, or auto (impute,
dates, one-hot, scale and a learner, chosen from the data and printed). Steps
that must see all data (scalers, encoders) get a pass of their own first; then
the learner goes over the data --epochs times, batch after batch.

A share of the rows (--holdout) is kept from learning and scored afterwards,
beside guessing. A run that is stopped, or killed, goes on where it was when
the same command is given again; the model comes out the same, byte for byte,
and does not depend on --memory or --jobs.`,
		Example: `  outcore train --data flights.csv --target arr_delay --pipeline auto -o model/
  outcore train --data 'chunks/*.npz' -o model/ \
      --pipeline 'scale | sgd-classifier(loss=log_loss)'
  outcore train --data a.csv,b.csv.bz2 --target y --pipeline steps.yaml \
      --epochs 3 --memory 512MiB -o model/
  outcore train --data 'data/lab#/flights' --target arr_delay \
      -o 'data/lab#/models/delay'
  outcore train --list`,
		Args: exactly(0, "none"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if t.list {
				return p.listSteps()
			}
			return p.job(func(ctx context.Context, j *job, _ []string) (any, error) { return t.run(ctx, j) })(cmd, args)
		},
	}
	f := c.Flags()
	t.flags = f
	f.StringSliceVar(&t.data, "data", nil, "files, globs, directories, - or URLs; or rows in a repository, ADDRESS#/path")
	f.StringVar(&t.target, "target", "", "column to predict (svmlight and chunks with labels have one already)")
	f.StringVar(&t.weight, "weight", "", "column of row weights")
	f.StringSliceVar(&t.use, "use", nil, "learn from these columns only")
	f.StringSliceVar(&t.leave, "leave", nil, "columns to leave out")
	f.StringSliceVar(&t.classes, "classes", nil, "names of the classes, when they are known before the data")
	f.StringVar(&t.pipeline, "pipeline", "auto", "steps, such as 'scale | sgd-regressor(alpha=1e-5)'; a .yaml file; or auto")
	f.StringVarP(&t.out, "output", "o", "", "directory for the model, s3://bucket/prefix, or ADDRESS#/path to commit it to a repository")
	f.IntVar(&t.batch, "batch", 1000, "rows of a batch; changes the result")
	f.IntVar(&t.epochs, "epochs", 1, "passes of the learner")
	f.Float64Var(&t.holdout, "holdout", 0.2, "share of rows kept for the score; 0 learns from all")
	f.Uint64Var(&t.seed, "seed", 0, "which rows are kept for the score")
	f.BoolVar(&t.online, "online", false, "one pass: every step learns from each batch as it comes; categories and classes are those of the first, unless --classes names them")
	f.BoolVar(&t.list, "list", false, "list every step with its parameters, and stop")
	f.DurationVar(&t.every, "checkpoint-every", 10*time.Second, "time between checkpoints")
	f.BoolVar(&t.restart, "restart", false, "forget an unfinished run and begin anew")
	f.BoolVar(&t.overwrite, "overwrite", false, "replace the model that is there")
	f.BoolVar(&p.dryRun, "dry-run", false, "say what would be done, and with how much memory, without learning")
	t.in.add(f)
	return c
}

// trained is what train prints with --json.
type trained struct {
	*train.Result
	Pipeline string `json:"pipeline"`
	Model    string `json:"model,omitempty"`
	Digest   string `json:"digest,omitempty"`   // of model.json, which names its arrays by content
	Snapshot string `json:"snapshot,omitempty"` // where the model is committed, in a repository
}

func (t *trainFlags) run(ctx context.Context, j *job) (any, error) {
	if err := notZero(t.flags, "batch", "epochs"); err != nil {
		return nil, err
	}
	if t.out == "" && !j.dryRun {
		return nil, usage("no place for the model; give -o DIRECTORY, or ADDRESS#/path in a repository")
	}
	place, err := openModelPlace(ctx, t.out)
	if err != nil {
		return nil, err
	}
	defer place.Close()
	there, err := t.inTheWay(ctx, j, place)
	if err != nil {
		return nil, err
	}
	pool := &source.Pool{}
	checkpoints := compose.Dir(place.state)
	ds, err := t.in.open(ctx, j, asLearned(ctx, t.pinned(checkpoints), there), pool, nil)
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	roles := feature.Roles{Target: t.target, Weight: t.weight, Leave: t.leave}
	if len(t.use) > 0 {
		if roles.Inputs, err = train.Use(ds, t.use); err != nil {
			return nil, fmt.Errorf("--use: %w", err)
		}
	}
	pipe, err := t.steps(ctx, j, ds, roles)
	if err != nil {
		return nil, err
	}
	cfg := train.Config{
		Data: ds, Pipeline: pipe, Pool: pool, Roles: roles,
		Batch: t.batch, Epochs: t.epochs, Holdout: t.holdout, Seed: t.seed, Online: t.online, Classes: t.classes, SkipBad: t.in.bad,
		Jobs: j.jobs, Budget: j.budget, Events: j.events, Identity: t.in.identity(ds, t.data),
	}
	if j.dryRun {
		return t.rehearse(j, cfg)
	}
	l, err := lock.Acquire(filepath.Join(place.state, "lock"))
	if err != nil {
		return nil, err
	}
	defer l.Release()
	cfg.CheckpointEvery = t.every
	cfg.Checkpoints = checkpoints
	if there, err = t.inTheWay(ctx, j, place); err != nil { // now that no other can put one there
		return nil, err
	}
	if there != nil {
		return t.made(ctx, j, there, cfg)
	}
	if t.restart {
		if err := train.Forget(cfg.Checkpoints); err != nil {
			return nil, err
		}
	}
	var digest, snapshot string
	cfg.Keep = func(r *train.Result) error {
		m, err := train.NewModel(ctx, cfg, r, t.learnedFrom(ds), "outcore "+version)
		if err != nil {
			return err
		}
		digest, snapshot, err = place.save(ctx, m)
		return err
	}
	r, err := train.Run(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := train.Forget(cfg.Checkpoints); err != nil {
		return nil, err
	}
	t.print(j, r, digest, snapshot)
	return trained{r, pipe.String(), t.out, digest, snapshot}, nil
}

// inTheWay gives the model that is where one is to go, nil when there is none or
// it is to be replaced.
func (t *trainFlags) inTheWay(ctx context.Context, j *job, place *modelPlace) (*compose.Model, error) {
	if j.dryRun {
		return nil, nil
	}
	if _, local := place.files.(compose.Dir); local && t.overwrite {
		return nil, nil // not read: that takes memory, which nobody reserved
	}
	m, err := place.load(ctx)
	switch {
	case errors.Is(err, errs.NotFound) && !errors.Is(err, errNoBranch):
		return nil, nil
	case t.overwrite && (err == nil || errors.Is(err, errs.Corrupt) || errors.Is(err, errs.Unsupported)):
		return nil, nil
	case errors.Is(err, errs.Corrupt), errors.Is(err, errs.Unsupported):
		return nil, fmt.Errorf("%w; --overwrite replaces it", err)
	}
	return m, err
}

// learnedFrom names the data as given, or the snapshot of a node.
func (t *trainFlags) learnedFrom(ds source.Dataset) []string {
	if !slices.ContainsFunc(t.data, isNode) {
		return t.data
	}
	return []string{ds.Files()[0].Address}
}

// made answers for a model that is there: it is what this command makes, and
// there is nothing to do, or it is another and in the way.
func (t *trainFlags) made(ctx context.Context, j *job, m *compose.Model, cfg train.Config) (any, error) {
	same, err := train.Made(ctx, m, cfg, t.learnedFrom(cfg.Data))
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, errs.New(errs.Exists, "there is another model already").At(errs.Position{File: t.out}).WithFix("another -o, or --overwrite")
	}
	if err := train.Forget(cfg.Checkpoints); err != nil {
		return nil, err
	}
	digest, err := m.Digest()
	if err != nil {
		return nil, err
	}
	if !j.json {
		fmt.Fprintf(j.stdout, "model     %s (%s) is there already, of this data and these options\n", t.out, compose.ShortDigest(digest))
	}
	r := &train.Result{Trained: m.Training.Rows, Score: m.Training.Scores, Baseline: m.Training.Baseline}
	return trained{r, m.Pipeline.String(), t.out, digest, ""}, nil
}

// steps reads --pipeline.
func (t *trainFlags) steps(ctx context.Context, j *job, ds source.Dataset, roles feature.Roles) (*compose.Pipeline, error) {
	switch {
	case t.pipeline == "auto":
		pipe, why, err := train.Auto(ctx, ds, roles)
		if err != nil {
			return nil, err
		}
		for _, line := range why {
			j.events.Send(event.Event{Kind: event.Metric, Step: "auto", Message: "auto: " + line})
		}
		return pipe, nil
	case strings.HasSuffix(t.pipeline, ".yaml"), strings.HasSuffix(t.pipeline, ".yml"):
		text, err := os.ReadFile(t.pipeline)
		if err != nil {
			return nil, errs.New(errs.NotFound, "--pipeline: %w", err)
		}
		return compose.ParseYAML(t.pipeline, text)
	}
	pipe, err := compose.Parse(t.pipeline)
	if err != nil {
		return nil, usageError{err}
	}
	return pipe, nil
}

// rehearse says what a run would do.
func (t *trainFlags) rehearse(j *job, cfg train.Config) (any, error) {
	plan, err := train.Rehearse(cfg)
	if err != nil {
		return nil, err
	}
	if !j.json {
		fmt.Fprintf(j.stdout, "pipeline  %s\npasses    %s\nmemory    %s of %s\n", cfg.Pipeline, strings.Join(plan.Passes, ", "), size(plan.NeedBytes), size(j.budget.Cap()))
	}
	return plan, nil
}

// print shows the result to a person.
func (t *trainFlags) print(j *job, r *train.Result, digest, snapshot string) {
	if j.json {
		return
	}
	w := j.stdout
	fmt.Fprintf(w, "rows      %d learned from, %d held out", r.Trained, r.HeldOut)
	if r.NoTarget > 0 {
		fmt.Fprintf(w, ", %d without a target left out", r.NoTarget)
	}
	if r.Bad > 0 {
		fmt.Fprintf(w, ", %d bad rows skipped", r.Bad)
	}
	fmt.Fprintf(w, "\npasses    %s\n", strings.Join(r.Passes, ", "))
	for i, e := range r.Epochs {
		fmt.Fprintf(w, "epoch %-3d progressive loss %.6g\n", i+1, float64(e.Loss))
	}
	printScores(w, r.Score, r.Baseline)
	fmt.Fprintf(w, "model     %s (%s)\n", t.out, compose.ShortDigest(digest))
	if snapshot != "" {
		fmt.Fprintf(w, "snapshot  %s\n", snapshot)
	}
	out := shellword.Quote(t.out)
	fmt.Fprintf(w, "now       outcore model show %s\n          outcore predict --model %s --data NEW\n", out, out)
}
