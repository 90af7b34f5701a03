// Package train runs a pipeline over data larger than memory: the passes that
// exact steps need, then the learner's epochs, with rows held out, a baseline
// beside the score, checkpoints, and resuming where a killed run stopped.
//
// A row is held out by a hash of its number and the seed; a batch is --batch
// rows of the data set in order, less those held out. Neither depends on
// workers, memory, files or chunks, so neither does the model: not by a bit.
//
// The same loop without learning scores (Score) and predicts (Predict).
package train

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/feature/profile"
	"github.com/outcore/outcore/internal/shellword"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

// Config says what to learn from what. The caller keeps Data and Budget open
// while Run works.
type Config struct {
	Data     source.Dataset
	Pipeline *compose.Pipeline // not bound, knowing nothing
	Roles    feature.Roles     // target, weight, columns to leave out; Run sets Classes and DropMissing

	Batch   int     // rows of a batch; default 1,000
	Epochs  int     // passes of the learner; default 1
	Holdout float64 // share of rows held out for the score, 0 ≤ Holdout < 1
	Seed    uint64  // of the holdout
	Online  bool    // every step learns from each batch, in one pass
	Classes []string
	SkipBad int64 // most bad rows left out in one pass, over all that a resumed pass took

	// KeepDiverged ends learning when it diverges, without an error: the model
	// is what the batches up to then made of it.
	KeepDiverged bool

	Jobs            int
	Budget          *memory.Budget
	Pool            *source.Pool // the memory Data was opened with; may be nil
	Events          event.Sink
	Trace           Trace         // may be nil
	Checkpoints     compose.Store // where checkpoints go; nil for none
	CheckpointEvery time.Duration // default 10 s
	// Keep, which may be nil, is what is done with the result while the memory of
	// the run is still held: writing the model makes as much garbage as it may be
	// given. Its error is that of Run.
	Keep func(*Result) error
	// Identity is what must not change between a run and the one that resumes
	// it, by name: options, files and their versions.
	Identity map[string]string
}

// A Trace is told of every piece of work when it is done: "transform" (one
// batch, in a worker) or "learn" (one batch, in order). It must be safe for
// concurrent use.
type Trace func(what string, from, to time.Time)

// begin starts a piece of work; the func it gives ends it.
func (t Trace) begin(what string) func() {
	if t == nil {
		return func() {}
	}
	from := time.Now()
	return func() { t(what, from, time.Now()) }
}

// An Epoch is what one pass of the learner gave.
type Epoch struct {
	Rows int64         `json:"rows"`
	Loss compose.Score `json:"loss"` // mean progressive loss: of each row before it was learned
}

// A Result is what Run found out. The model is Config.Pipeline itself.
type Result struct {
	Rows     int64                    `json:"rows"` // of the data set that have a target
	Trained  int64                    `json:"trained"`
	HeldOut  int64                    `json:"held_out"`
	NoTarget int64                    `json:"no_target"` // left out for want of a target
	Bad      int64                    `json:"bad_rows"`  // could not be read, and were skipped
	Passes   []string                 `json:"passes"`
	Epochs   []Epoch                  `json:"epochs,omitempty"`
	Score    map[string]compose.Score `json:"score,omitempty"`    // on the rows held out
	Baseline map[string]compose.Score `json:"baseline,omitempty"` // guess the mean, or the commonest class
	Suspects []profile.Column         `json:"suspects,omitempty"` // columns that give the target away
	Diverged *Divergence              `json:"diverged,omitempty"`
	Resumed  bool                     `json:"resumed,omitempty"`
}

// defaultBatch is the rows of a batch when none are asked for.
const defaultBatch = 1000

// suspicious is the correlation with the target above which a column is more
// likely to be the target in disguise than a feature.
const suspicious = 0.95

// Run learns. When it returns an error, what was learned up to the last
// checkpoint is kept, and the same call goes on from it; ctx's end is such an
// error. On success the checkpoint is left for the caller to remove once the
// model is saved (Forget).
func Run(ctx context.Context, c Config) (*Result, error) {
	t, err := newTrainer(&c)
	if err != nil {
		return nil, err
	}
	t.measure()
	release, err := reserve(ctx, c.Budget, c.Pool, "training", t.need(c.Jobs))
	if err != nil {
		return nil, err
	}
	defer func() { release() }()
	if err := t.resume(); err != nil {
		return nil, err
	}
	r, err := t.run(ctx)
	for err != nil {
		if release, err = t.again(ctx, err, release); err != nil {
			break
		}
		r, err = t.run(ctx)
	}
	if err != nil && t.hopeless.Load() && t.Checkpoints != nil {
		err = errors.Join(err, Forget(t.Checkpoints)) // going on would fail again
	}
	if err == nil && c.Keep != nil {
		err = c.Keep(r)
	}
	return r, err
}

func (t *trainer) run(ctx context.Context) (*Result, error) {
	if err := errors.Join(t.count(), t.widen()); err != nil { // what a checkpoint had
		return nil, err
	}
	if err := t.fit(ctx); err != nil {
		return nil, err
	}
	if err := t.learn(ctx); err != nil {
		return nil, err
	}
	return t.finish(ctx)
}

// A trainer is one run: its feed and the state that checkpoints hold.
type trainer struct {
	*Config
	feed     *feed
	shape    shape
	counts   [2]footprint // the last two
	state    state
	hopeless atomic.Bool // the pipeline failed, and would again on the same rows
}

// failed notes that an error is of the pipeline's making, and says which file
// the rows it is about came from.
func (t *trainer) failed(err error, at mark) error {
	if err == nil {
		return nil
	}
	t.hopeless.Store(true)
	var e *errs.Error
	files := t.Data.Files()
	if errors.As(err, &e) && e.Pos.File == "" && at.Cursor.File < len(files) {
		e.Pos.File = files[at.Cursor.File].Address
	}
	return err
}

func newTrainer(c *Config) (*trainer, error) {
	if c.Batch == 0 {
		c.Batch = defaultBatch
	}
	if c.Epochs == 0 {
		c.Epochs = 1
	}
	switch {
	case c.Batch < 0:
		return nil, errs.New(errs.Invalid, "--batch is %d, expected a number of rows", c.Batch)
	case c.Epochs < 0:
		return nil, errs.New(errs.Invalid, "--epochs is %d, expected a number of passes", c.Epochs)
	case c.Holdout < 0 || c.Holdout >= 1 || c.Holdout != c.Holdout:
		return nil, errs.New(errs.Invalid, "--holdout is %v, expected a share from 0 to below 1", c.Holdout)
	case c.Online && c.Epochs > 1:
		return nil, errs.New(errs.Invalid, "--online is one pass, found --epochs %d", c.Epochs)
	}
	if err := c.checkRoles(); err != nil {
		return nil, err
	}
	learns := c.Pipeline.Learner() != nil
	c.Roles.Labels = c.Roles.Target == "" && c.Data.Schema().Labels
	c.Roles.Classes = c.Pipeline.Classifier()
	c.Roles.DropMissing = true
	if learns && c.Roles.Target == "" && !c.Roles.Labels {
		return nil, errs.New(errs.Invalid, "nothing says what to predict; the columns are %s", feature.Schema{Fields: fields(c.Data.Schema())}.Brief()).
			WithFix("--target COLUMN")
	}
	if !learns { // a pipeline that only transforms is fitted on all rows
		c.Holdout = 0
	}
	asm, err := feature.NewAssembler(columns(c.Data.Schema()), c.Roles)
	if err != nil {
		return nil, err
	}
	asm.Alloc = frames(c.Pool)
	if err := c.Pipeline.Bind(asm.Schema()); err != nil {
		return nil, err
	}
	if len(c.Classes) > 0 {
		if err := c.Pipeline.SetClasses(c.Classes); err != nil {
			return nil, err
		}
	}
	if err := c.checkTarget(); err != nil {
		return nil, err
	}
	if err := c.checkPasses(); err != nil {
		return nil, err
	}
	return &trainer{Config: c, feed: &feed{ds: c.Data, asm: asm, skip: c.SkipBad}}, nil
}

// measure finds what the run takes, and how many workers fit.
func (t *trainer) measure() {
	t.shape = shapeOf(t.Data, t.feed.asm, t.Pipeline, room(t.Budget))
	// A sample foretells a little too few values more often than too many. Each is a
	// column where rows are wide.
	t.shape.state += t.shape.state / 8
	if t.shape.state > 0 && t.shape.outs > mostDense {
		t.shape.outs += t.shape.outs / 8
	}
	t.Jobs = fewer(t.Jobs, t.Budget, t.need)
	t.feed.jobs = t.Jobs
}

func fields(s *source.Schema) []feature.Field {
	var out []feature.Field
	for _, c := range columns(s) {
		out = append(out, feature.Field{Name: c.Name, Kind: c.Kind})
	}
	return out
}

// trained reports whether a row is learned from; held the opposite.
func (t *trainer) trained(row int64) bool { return !feature.Held(t.Seed, row, t.Holdout) }
func (t *trainer) held(row int64) bool    { return feature.Held(t.Seed, row, t.Holdout) }

// finish scores what was learned on the rows held out.
func (t *trainer) finish(ctx context.Context) (*Result, error) {
	r := &t.state.Result
	if t.Pipeline.Learner() == nil {
		return r, nil
	}
	r.Baseline = nil
	t.suspects()
	if r.HeldOut == 0 {
		return r, nil
	}
	report, err := t.score(ctx)
	if err != nil {
		return nil, err
	}
	r.Score, r.Baseline = report.Score, report.Baseline
	r.worse(t.Events)
	return r, nil
}

// suspects warns of columns that give the target away.
func (t *trainer) suspects() {
	s := &t.state
	if s.look != nil {
		for _, c := range s.look.Columns() {
			if c.Target > suspicious || c.Target < -suspicious {
				t.suspect(c)
			}
		}
	}
	if s.wide != nil {
		names := t.feed.asm.Schema().Of(feature.Number)
		s.wide.Correlated(suspicious, func(j int, r float64) { t.suspect(profile.Column{Name: names[j].Name, Target: r}) })
	}
}

// mostSuspects is how many columns a warning is given of.
const mostSuspects = 100

func (t *trainer) suspect(c profile.Column) {
	r := &t.state.Result
	if len(r.Suspects) == mostSuspects {
		return
	}
	r.Suspects = append(r.Suspects, c)
	t.Events.Send(event.Event{Kind: event.Warning, Message: fmt.Sprintf(
		"column %s correlates %+.3f with the target: is it known before the target is? If not, leave it out: --leave %s", c.Name, c.Target, shellword.Quote(c.Name))})
}
