package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/compose/node"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/train"
)

func (p *program) scoreCommand() *cobra.Command {
	var model, target, weight string
	var data []string
	var in dataFlags
	c := &cobra.Command{
		Use:     "score --model MODEL --data ADDRESS…",
		Short:   "Score a model on data that have the answer",
		GroupID: "learn",
		Example: "  outcore score --model model/ --data test.csv\n  outcore score --model model/ --data test.csv --target arrival_delay --json",
		Args:    exactly(0, "none"),
		RunE: p.job(func(ctx context.Context, j *job, _ []string) (any, error) {
			m, err := loadModel(ctx, model)
			if err != nil {
				return nil, err
			}
			pool := &source.Pool{}
			ds, err := in.open(ctx, j, data, pool, learned(m))
			if err != nil {
				return nil, err
			}
			defer ds.Close()
			if target == "" && !ds.Schema().Labels {
				target = m.Target.Name
			}
			if target == "" && !ds.Schema().Labels {
				return nil, usage("the model does not name its target; give --target COLUMN")
			}
			r, err := train.Score(ctx, train.ScoreConfig{
				Data: ds, Pipeline: m.Pipeline, Roles: feature.Roles{Target: target, Weight: weight}, Proba: true,
				Jobs: j.jobs, Budget: j.budget, Pool: pool, Events: j.events,
			})
			if err != nil {
				return nil, err
			}
			if !j.json {
				fmt.Fprintf(j.stdout, "rows      %d", r.Rows)
				if r.NoTarget > 0 {
					fmt.Fprintf(j.stdout, " (%d without a target left out)", r.NoTarget)
				}
				if r.Bad > 0 {
					fmt.Fprintf(j.stdout, ", %d bad rows skipped", r.Bad)
				}
				fmt.Fprintln(j.stdout)
				printScores(j.stdout, r.Score, nil)
			}
			return r, nil
		}),
	}
	f := c.Flags()
	f.StringVar(&model, "model", "", "directory of the model, s3://bucket/prefix, or ADDRESS#/path in a repository")
	f.StringSliceVar(&data, "data", nil, "files, globs, directories, - or URLs; or rows in a repository, ADDRESS#/path")
	f.StringVar(&target, "target", "", "column with the answer (default: the model's)")
	f.StringVar(&weight, "weight", "", "column of row weights")
	in.add(f)
	return c
}

// loadModel reads a model for answering, from a directory, a bucket or a repository.
func loadModel(ctx context.Context, address string) (*compose.Model, error) {
	switch {
	case address == "":
		return nil, usage("no model; give --model DIRECTORY, or ADDRESS#/path")
	case !isNode(address):
		files, b, err := modelFiles(ctx, address)
		if err != nil {
			return nil, err
		}
		if b != nil {
			defer b.Close()
		}
		return compose.Load(files, 0)
	}
	pl, err := openPlace(ctx, address, icechunk.Options{ReadOnly: true, Cache: nodeCache})
	if err != nil {
		return nil, err
	}
	defer pl.Close()
	s, err := pl.Snapshot(ctx, pl.ref)
	if err != nil {
		return nil, err
	}
	return compose.Load(node.In(ctx, s, pl.node), 0)
}

// printScores prints scores, with guessing beside them where it is known.
func printScores(w io.Writer, scores, baseline map[string]compose.Score) {
	for _, name := range slices.Sorted(maps.Keys(scores)) {
		fmt.Fprintf(w, "%-9s %.6g", name, float64(scores[name]))
		if b, ok := baseline[name]; ok {
			fmt.Fprintf(w, "   (guessing: %.6g)", float64(b))
		}
		fmt.Fprintln(w)
	}
}

func size(n int64) string { return memory.FormatSize(n) }
