package tour

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"time"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/compose/node"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/feature/profile"
	"github.com/outcore/outcore/icechunk"
	_ "github.com/outcore/outcore/linear" // the steps of the tour's pipelines
	"github.com/outcore/outcore/memory"
	_ "github.com/outcore/outcore/preprocess"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/train"
)

// look profiles the training rows in one pass.
func (t *tour) look(ctx context.Context) error {
	begin := time.Now()
	pool := &source.Pool{}
	ds, err := t.open(ctx, trainNode, pool)
	if err != nil {
		return err
	}
	defer ds.Close()
	t.watch.mark("Look")
	p, err := train.Look(ctx, train.LookConfig{Data: t.clock.timed(ds), Jobs: t.Jobs, Budget: t.Budget, Pool: pool, Events: t.Events})
	if err != nil {
		return err
	}
	t.looked = p.Columns()
	t.say("2 Look   %-15s %-5s %8s %7s %8s %7s %8s   (one pass, %.1f s)", "column", "type", "missing", "min", "mean", "max", "std", time.Since(begin).Seconds())
	narrowest, widest := t.extremes()
	for _, name := range append([]string{target}, known...) {
		c := t.column(name)
		share := 100 * float64(c.Missing) / float64(c.Count+c.Missing)
		note := ""
		if name == widest {
			note = fmt.Sprintf("   <- spreads %.0fx as wide as %s", c.Std/t.column(narrowest).Std, narrowest)
		}
		t.more("%-15s %-5s %6.1f %% %7s %8s %7s %8s%s", name, "f32", share, short(c.Min), short(c.Mean), short(c.Max), short(c.Std), note)
	}
	t.more("predict %s from what is known at push-back: %s, %s, %s, %s", target, known[0], known[1], known[2], known[3])
	return t.commit(ctx, "look: the columns of "+trainNode, func(s *icechunk.Session) error { return t.putLook(ctx, s) })
}

// putLook keeps what was seen as a table.
func (t *tour) putLook(ctx context.Context, s *icechunk.Session) error {
	var name []string
	var count, missing []int64
	var least, mean, most, std, correlation []float64
	for _, c := range t.looked {
		name = append(name, c.Name)
		count, missing = append(count, c.Count), append(missing, c.Missing)
		least, mean, most = append(least, c.Min), append(mean, c.Mean), append(most, c.Max)
		std, correlation = append(std, c.Std), append(correlation, c.Target)
	}
	return putTable(ctx, s, lookNode, []string{"column", "count", "missing", "min", "mean", "max", "std", "correlation"},
		name, count, missing, least, mean, most, std, correlation)
}

// extremes names the known columns that spread least and most.
func (t *tour) extremes() (narrowest, widest string) {
	narrowest, widest = known[0], known[0]
	for _, name := range known {
		if t.column(name).Std < t.column(narrowest).Std {
			narrowest = name
		}
		if t.column(name).Std > t.column(widest).Std {
			widest = name
		}
	}
	return narrowest, widest
}

func (t *tour) column(name string) profile.Column {
	for _, c := range t.looked {
		if c.Name == name {
			return c
		}
	}
	return profile.Column{Name: name}
}

// learn shows how raw features fail.
func (t *tour) learn(ctx context.Context) error {
	t.step(3, "Learn", "%-50s test MSE", "sgd-regressor, raw features, 1 pass")
	var err error
	if t.raw, err = t.train(ctx, "sgd-regressor", known, true); err != nil {
		return err
	}
	t.result.Raw = t.raw.score("mse")
	mean, err := t.guess(ctx)
	if err != nil {
		return err
	}
	t.result.Baseline = mean
	t.more("%-50s%.2e", "guess the mean (baseline)", mean)
	d := t.raw.run.Diverged
	if d == nil {
		t.more("%-50s%.2e", "raw features", t.result.Raw)
	} else {
		t.more("%-50s%.2e   diverged after %s", "raw features", t.result.Raw, plural(d.Batches, "batch", "batches"))
		t.more("why: %s. Cure: scale the features.", d.Why())
	}
	return t.commitModels(ctx, "learn: raw features", map[string]*learned{"raw": &t.raw})
}

// repair scales the features first.
func (t *tour) repair(ctx context.Context) error {
	t.step(4, "Repair", "pass 1 fits the scaler, pass 2 scales and learns (nothing is copied)")
	var err error
	if t.scaled, err = t.train(ctx, "scale | sgd-regressor", known, false); err != nil {
		return err
	}
	if err := os.RemoveAll(t.paths.model); err != nil {
		return err
	}
	if _, err := t.scaled.model.Save(compose.Dir(t.paths.model)); err != nil {
		return err
	}
	r := &t.result
	r.Scaled, r.R2, r.Scores = t.scaled.score("mse"), t.scaled.score("r2"), t.scaled.report.Score
	t.more("%-50s%.2e   R2 %.2f · %.0f orders of magnitude less", "scale | sgd-regressor", r.Scaled, r.R2, math.Log10(r.Raw/r.Scaled))
	t.more("%.1f s · %s over two passes · peak %s of %s", t.scaled.seconds, rate(2*t.result.Decoded, t.scaled.seconds),
		memory.FormatSize(t.scaled.peak), memory.FormatSize(t.Budget.Cap()))
	if t.without, err = t.train(ctx, "scale | sgd-regressor", known[1:], false); err != nil {
		return err
	}
	r.R2Without = t.without.score("r2")
	t.more("honest note: without %s R2 is %.2f. Schedules alone do not predict delays.", known[0], r.R2Without)
	return t.commitModels(ctx, "repair: scaled features, with and without "+known[0], map[string]*learned{"scaled": &t.scaled, "without": &t.without})
}

// commitModels puts models into the lab, the same as in a folder.
func (t *tour) commitModels(ctx context.Context, message string, models map[string]*learned) error {
	return t.commit(ctx, message, func(s *icechunk.Session) error {
		for _, name := range slices.Sorted(maps.Keys(models)) {
			if _, err := models[name].model.Save(node.In(ctx, s, modelNode+name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// train learns one model of the training rows, and scores it on those set aside.
func (t *tour) train(ctx context.Context, pipeline string, use []string, diverge bool) (learned, error) {
	var l learned
	begin := time.Now()
	pool := &source.Pool{}
	ds, err := t.open(ctx, trainNode, pool)
	if err != nil {
		return l, err
	}
	defer ds.Close()
	pipe, err := compose.Parse(pipeline)
	if err != nil {
		return l, err
	}
	roles := feature.Roles{Target: target}
	if roles.Inputs, err = train.Use(ds, use); err != nil {
		return l, err
	}
	c := train.Config{
		Data: t.clock.timed(ds), Pool: pool, Pipeline: pipe, Roles: roles, KeepDiverged: diverge,
		Jobs: t.Jobs, Budget: t.Budget, Events: t.Events, Trace: t.clock.add,
	}
	if l.run, err = train.Run(ctx, c); err != nil {
		return l, err
	}
	l.curve = t.watch.learned()
	l.seconds = time.Since(begin).Seconds()
	l.peak = t.watch.peak("Repair")
	if l.model, err = train.NewModel(ctx, c, l.run, []string{ds.Files()[0].Address}, "outcore "+t.Version); err != nil {
		return l, err
	}
	if l.digest, err = l.model.Digest(); err != nil {
		return l, err
	}
	l.report, err = t.score(ctx, pipe, nil)
	return l, err
}

// score scores a model on the rows set aside.
func (t *tour) score(ctx context.Context, pipe *compose.Pipeline, each func(train.Answer) error) (*train.Report, error) {
	pool := &source.Pool{}
	ds, err := t.open(ctx, testNode, pool)
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	return train.Score(ctx, train.ScoreConfig{
		Data: ds, Pool: pool, Pipeline: pipe, Roles: feature.Roles{Target: target}, Each: each,
		Jobs: t.Jobs, Budget: t.Budget, Events: t.Events, Name: "test",
	})
}

// guess is the test MSE of predicting the mean of the training rows.
func (t *tour) guess(ctx context.Context) (float64, error) {
	mean := t.column(target).Mean
	var sum float64
	var n int64
	_, err := t.score(ctx, t.raw.model.Pipeline, func(a train.Answer) error {
		for _, y := range a.Y {
			sum += float64((y - mean) * (y - mean))
		}
		n += int64(len(a.Y))
		return nil
	})
	return sum / float64(max(n, 1)), err
}

// short is a number in at most seven characters: 12.6, 1,301.
func short(v float64) string {
	switch {
	case v == math.Trunc(v) && math.Abs(v) < 1e6:
		if v < 0 {
			return "-" + count(int64(-v))
		}
		return count(int64(v))
	case math.Abs(v) >= 1000:
		return count(int64(math.Round(v)))
	}
	return fmt.Sprintf("%.1f", v)
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}
