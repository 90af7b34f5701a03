package train

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/metric"
	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/stream"
)

// An Answer is what a fitted pipeline said of one batch, in the order of the
// rows. Y is nil where the data have no target. It is valid inside Each only.
type Answer struct {
	First   int64          // number of the first row
	Origin  feature.Origin // where the rows stand in the data
	Y       []float64      // -1 for a label that is none of the model's classes
	W       []float64
	Predict []float64 // value, or class number
	Proba   []float64 // n×k, nil when the model has none
}

// ScoreConfig says what to score, or to predict, with what.
type ScoreConfig struct {
	Data     source.Dataset
	Pipeline *compose.Pipeline // fitted
	Roles    feature.Roles     // Inputs are set by Score
	// PredictOnly leaves targets aside: rows without one are predicted too.
	PredictOnly bool
	Proba       bool // ask for probabilities where there are any

	Keep func(row int64) bool // nil: all rows
	Each func(Answer) error   // called in order; may be nil

	Jobs   int
	Budget *memory.Budget
	Pool   *source.Pool
	Events event.Sink
	Name   string // step, of events; default "score"
}

// A Report is what Score found.
type Report struct {
	Rows     int64                    `json:"rows"`
	NoTarget int64                    `json:"no_target"`
	Bad      int64                    `json:"bad_rows"`
	Unseen   int64                    `json:"unseen,omitempty"` // had a label that is no class of the model: wrong whatever was predicted
	Score    map[string]compose.Score `json:"score,omitempty"`  // mse, mae, r2; or accuracy, log_loss
	Baseline map[string]compose.Score `json:"baseline,omitempty"`
	Need     int64                    `json:"need_bytes,omitempty"` // the --memory that does, predicted
}

// Score predicts all rows of c.Data in one pass and scores the predictions
// where there are targets.
func Score(ctx context.Context, c ScoreConfig) (*Report, error) {
	c.Roles.Inputs = c.Pipeline.Input().Fields
	c.Roles.Labels = !c.PredictOnly && c.Roles.Target == "" && c.Data.Schema().Labels
	c.Roles.Classes = c.Pipeline.Classifier()
	c.Roles.DropMissing = true
	asm, err := feature.NewAssembler(columns(c.Data.Schema()), c.Roles)
	if err != nil {
		return nil, err
	}
	if c.Name == "" {
		c.Name = "score"
	}
	x := shapeOf(c.Data, asm, c.Pipeline, room(c.Budget))
	c.Jobs = fewer(c.Jobs, c.Budget, func(jobs int) int64 { return c.need(x, jobs) })
	release, err := reserve(ctx, c.Budget, c.Pool, c.Name, c.need(x, c.Jobs))
	if err != nil {
		return nil, err
	}
	defer release()
	asm.Alloc = frames(c.Pool)
	s := &scorer{ScoreConfig: &c, feed: &feed{ds: c.Data, asm: asm, jobs: c.Jobs}}
	r, err := s.run(ctx)
	if r != nil {
		r.Need = memory.Need(c.need(x, c.Jobs))
	}
	return r, err
}

// score scores the rows that were held out, beside guessing.
func (t *trainer) score(ctx context.Context) (*Report, error) {
	s := &scorer{
		ScoreConfig: &ScoreConfig{Data: t.Data, Pipeline: t.Pipeline, Roles: t.Roles, Proba: true, Keep: t.held, Jobs: t.Jobs, Events: t.Events, Name: "score"},
		feed:        t.feed,
		guess:       &t.state.Target,
	}
	return s.run(ctx)
}

// A scorer is one pass that predicts.
type scorer struct {
	*ScoreConfig
	feed  *feed
	guess *target // to score guessing beside; may be nil

	scores, baseline []metric.Score // taking predictions
	loss, prior      *metric.LogLoss
	constant         []float64 // the guess, or the shares, once a row
	rows             int64
	unseen           unseen
}

// An answered batch comes from a worker to the fold. Rows are wide and answers
// narrow, so the rows are given back before.
type answered struct {
	Answer
	strangers []string
}

func (s *scorer) run(ctx context.Context) (*Report, error) {
	proba := s.Proba && s.Pipeline.Classifier()
	s.measure(proba)
	m := stream.Mapper[*feature.Cut, answered]{
		New: func() func(context.Context, *feature.Cut) (answered, error) {
			return func(_ context.Context, c *feature.Cut) (answered, error) { return s.answer(c, proba) }
		},
		Workers: s.Jobs,
		Window:  answerWindow(s.Jobs),
		DropIn:  (*feature.Cut).Release,
	}
	var before int64
	fold := stream.Fold[answered]{
		Name: s.Name, Events: s.Events, Total: size(s.Data), Unit: unit(s.Data),
		Progress: func(a answered) (bytes, rows int64) {
			read := s.feed.read.Load()
			bytes, before = read-before, read
			return bytes, int64(len(a.Predict))
		},
		Step: func(_ context.Context, a answered) error {
			s.unseen.add(a.strangers)
			return s.count(a.Answer)
		},
	}
	cuts := feature.Cutter{Rows: s.blockRows(), Alloc: s.feed.asm.Alloc}.Cut(s.feed.frames(ctx, mark{}))
	if err := fold.Run(ctx, m.Map(ctx, cuts)); err != nil {
		return nil, err
	}
	s.unseen.tell(s.Events)
	r := &Report{Rows: s.rows, NoTarget: s.feed.end.Dropped, Bad: s.feed.end.Bad, Unseen: s.unseen.rows}
	if s.scores != nil && s.rows > 0 {
		r.Score = values(s.scores, s.loss)
		if s.guess != nil {
			r.Baseline = values(s.baseline, s.prior)
		}
	}
	return r, nil
}

// answerBytes is about the most that the scores of the classes of one block take.
const answerBytes = 1 << 20

// blockRows is the rows that are answered together: fewer when there are many
// classes. It depends on the model only, so no score depends on the machine.
func (s *scorer) blockRows() int {
	k := len(s.Pipeline.Classes())
	return max(1, min(ml.BlockRows, answerBytes/(8*max(k, 1))))
}

// measure picks the scores that fit the model.
func (s *scorer) measure(proba bool) {
	if s.Roles.Target == "" && !s.Roles.Labels {
		return
	}
	names := []string{"mse", "mae", "r2"}
	if s.Pipeline.Classifier() {
		names = []string{"accuracy"}
	}
	for _, n := range names {
		for _, list := range []*[]metric.Score{&s.scores, &s.baseline} {
			m, err := metric.New(n)
			if err != nil {
				panic("train: " + err.Error())
			}
			*list = append(*list, m)
		}
	}
	if proba {
		k := len(s.Pipeline.Classes())
		s.loss, s.prior = &metric.LogLoss{Classes: k}, &metric.LogLoss{Classes: k}
	}
}

// answer predicts one block, in a worker.
func (s *scorer) answer(c *feature.Cut, proba bool) (answered, error) {
	f, err := c.Frame()
	if err == nil && s.Keep != nil {
		f, err = feature.Keep(f, s.Keep, s.feed.asm.Alloc)
	}
	if err != nil {
		return answered{}, err
	}
	if f.N == 0 {
		f.Release()
		return answered{}, nil
	}
	t, err := s.Pipeline.Transform(f)
	if err != nil {
		return answered{}, err
	}
	defer t.Release()
	a := answered{Answer: Answer{First: t.First, Origin: t.Origin, Y: slices.Clone(t.Y), W: slices.Clone(t.W)}, strangers: strangers(t)}
	if a.Predict, err = s.Pipeline.Predict(nil, t); err == nil && proba {
		a.Proba, err = s.Pipeline.PredictProba(nil, t)
		if errors.Is(err, errs.Unsupported) { // a loss without probabilities
			err = nil
		}
	}
	if err != nil {
		return answered{}, err
	}
	if t.N != len(a.Predict) {
		panic("train: a prediction is missing")
	}
	return a, nil
}

// count adds one block to the scores, in order.
func (s *scorer) count(a Answer) error {
	s.rows += int64(len(a.Predict))
	if s.scores != nil && a.Y != nil {
		for _, m := range s.scores {
			m.Update(a.Y, a.Predict, a.W)
		}
		if a.Proba != nil {
			s.loss.Update(a.Y, a.Proba, a.W)
		}
		s.countGuess(a)
	}
	if s.Each != nil && len(a.Predict) > 0 {
		return s.Each(a)
	}
	return nil
}

// countGuess scores guessing on the same rows.
func (s *scorer) countGuess(a Answer) {
	if s.guess == nil {
		return
	}
	n := len(a.Y)
	for len(s.constant) < n {
		s.constant = append(s.constant, s.guess.guess())
	}
	for _, m := range s.baseline {
		m.Update(a.Y, s.constant[:n], a.W)
	}
	if a.Proba != nil {
		shares := s.guess.shares()
		p := make([]float64, 0, n*len(shares))
		for range n {
			p = append(p, shares...)
		}
		s.prior.Update(a.Y, p, a.W)
	}
}

// values reads scores by name.
func values(scores []metric.Score, loss *metric.LogLoss) map[string]compose.Score {
	out := map[string]compose.Score{}
	for _, m := range scores {
		out[m.Name()] = compose.Score(m.Value())
	}
	if loss != nil && !math.IsNaN(loss.Value()) {
		out[loss.Name()] = compose.Score(loss.Value())
	}
	return out
}
