package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/feature"
)

func (p *program) modelCommand() *cobra.Command {
	c := &cobra.Command{Use: "model", Short: "Look at models", GroupID: "learn", Example: "  outcore model show model/", Args: cobra.ArbitraryArgs, RunE: group}
	var most int
	show := &cobra.Command{
		Use:     "show MODEL",
		Short:   "Show a model: steps, columns, weights, scores, data",
		Example: "  outcore model show model/\n  outcore model show model/ --json\n  outcore model show 'data/lab#/models/delay'",
		Args:    exactly(1, "a model: its directory, or ADDRESS#/path"),
		RunE:    func(cmd *cobra.Command, args []string) error { return p.showModel(cmd.Context(), args[0], most) },
	}
	show.Flags().IntVarP(&most, "most", "n", 20, "show at most this many weights, the largest; 0 shows all")
	c.AddCommand(show)
	return c
}

// A weight is one coefficient of a linear model.
type weight struct {
	Column string  `json:"column"`
	Class  string  `json:"class,omitempty"`
	Value  float64 `json:"value"`
}

func (p *program) showModel(ctx context.Context, dir string, most int) error {
	m, err := loadModel(ctx, dir)
	if err != nil {
		return err
	}
	digest, err := m.Digest()
	if err != nil {
		return err
	}
	weights, intercepts := linearWeights(m)
	if p.json {
		return json.NewEncoder(p.stdout).Encode(struct {
			Schema    string           `json:"schema"`
			Digest    string           `json:"digest"`
			Pipeline  string           `json:"pipeline"`
			Target    compose.Target   `json:"target"`
			Classes   []string         `json:"classes,omitempty"`
			Input     []feature.Field  `json:"input"`
			Training  compose.Training `json:"training"`
			Data      []compose.Data   `json:"data"`
			Lineage   compose.Lineage  `json:"lineage"`
			Weights   []weight         `json:"weights,omitempty"`
			Intercept []float64        `json:"intercept,omitempty"`
		}{"outcore.model-show/v1", digest, m.Pipeline.String(), m.Target, m.Pipeline.Classes(), m.Pipeline.Input().Fields,
			m.Training, m.Data, m.Lineage, weights, intercepts})
	}
	w, t := p.stdout, m.Training
	fmt.Fprintf(w, "model     %s (%s)\npipeline  %s\n", dir, compose.ShortDigest(digest), m.Pipeline)
	if m.Target.Name != "" {
		fmt.Fprintf(w, "predicts  %s\n", m.Target.Name)
	}
	if k := m.Pipeline.Classes(); k != nil {
		fmt.Fprintf(w, "classes   %s\n", ellipsis(strings.Join(k, ", "), 200))
	}
	fmt.Fprintf(w, "columns   %s\n", m.Pipeline.Input().Brief())
	fmt.Fprintf(w, "learned   from %d rows, %d epoch%s, batches of %d; %s held out, seed %d; by %s\n", t.Rows, t.Epochs, plural(t.Epochs), t.Batch, percent(t.Holdout), t.Seed, m.Lineage.Program)
	for _, d := range m.Data {
		fmt.Fprintf(w, "data      %s (%s)\n", d.Address, compose.ShortDigest(d.Digest))
	}
	printScores(w, t.Scores, t.Baseline)
	if len(weights) == 0 {
		return nil
	}
	slices.SortStableFunc(weights, func(a, b weight) int {
		if d := math.Abs(b.Value) - math.Abs(a.Value); d != 0 {
			return int(math.Copysign(1, d))
		}
		return 0
	})
	shown := weights
	if most > 0 {
		shown = weights[:min(most, len(weights))]
	}
	fmt.Fprintf(w, "weights   of the columns as the learner sees them, largest first\n")
	for _, v := range shown {
		fmt.Fprintf(w, "  %+12.6g  %s %s\n", v.Value, v.Column, v.Class)
	}
	if n := len(weights) - len(shown); n > 0 {
		fmt.Fprintf(w, "  … %d more; -n 0 shows all\n", n)
	}
	for _, b := range intercepts {
		fmt.Fprintf(w, "  %+12.6g  (intercept)\n", b)
	}
	return nil
}

// linearWeights gives the coefficients of a model whose learner has some.
func linearWeights(m *compose.Model) ([]weight, []float64) {
	l, ok := m.Pipeline.Learner().(interface {
		Coef() []float64
		Intercept() []float64
	})
	if !ok {
		return nil, nil
	}
	out, err := m.Pipeline.Output()
	if err != nil || len(out.Fields) == 0 {
		return nil, nil
	}
	names, classes := out.Names(), m.Pipeline.Classes()
	var weights []weight
	for i, v := range l.Coef() {
		w := weight{Column: names[i%len(names)], Value: v}
		if k := i / len(names); len(classes) > 2 && k < len(classes) {
			w.Class = classes[k]
		}
		weights = append(weights, w)
	}
	return weights, l.Intercept()
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func percent(v float64) string { return fmt.Sprintf("%.3g %%", 100*v) }
