package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/chunk"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/train"
)

func (p *program) transformCommand() *cobra.Command {
	var c chunkFlags
	var in dataFlags
	var model, target string
	var data []string
	cmd := &cobra.Command{
		Use:     "transform --model MODEL --data ADDRESS… DST",
		Short:   "Write data as a model's steps transform it, as chunks",
		GroupID: "data",
		Long: `Write data as a model's steps transform it, as chunk files or into a repository.

The steps before the learner are applied to every row, and the numbers they give
are written as outcore chunk writes them: npz, with the target in a file of its
own where there is one; rows without a target are left out, as in train, and
counted. The job is resumed by the same command.`,
		Example: `  outcore transform --model model/ --data flights.csv numbers/
  outcore transform --model model/ --data new.csv numbers/ --dtype float32 \
      --rows 50000`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("found %d arguments, expected the destination: outcore transform --model MODEL --data ADDRESS DST", len(args))
			}
			return nil
		},
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			m, err := loadModel(ctx, model)
			if err != nil {
				return nil, err
			}
			o, err := c.parse()
			if err != nil {
				return nil, err
			}
			if o.Layout == "" && !isNode(args[0]) {
				o.Layout = chunk.NPZ
			}
			pool := &source.Pool{}
			raw, err := in.open(ctx, j, c.pinned(ctx, data, args[0]), pool, learned(m))
			if err != nil {
				return nil, err
			}
			defer raw.Close()
			if target == "" && m.Target.Name != "" && has(raw.Schema(), m.Target.Name) {
				target = m.Target.Name
			}
			decoder, err := source.DecoderMemory(ctx, raw)
			if err != nil {
				return nil, err
			}
			ds, err := train.NewTransformed(raw, m.Pipeline, feature.Roles{Target: target, DropMissing: target != ""}, pool, j.budget.Room())
			if err != nil {
				return nil, err
			}
			digest, err := m.Digest()
			if err != nil {
				return nil, err
			}
			identity := in.reading(raw, data)
			identity["--model"], identity["--target"] = digest, target
			return c.run(ctx, j, args[0], chunk.Job{
				Data: ds, Pool: pool, Options: o, Decoder: decoder, Identity: identity, SkipBad: in.bad,
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&model, "model", "", "directory of the model, s3://bucket/prefix, or ADDRESS#/path in a repository")
	f.StringSliceVar(&data, "data", nil, "files, globs, directories, - or URLs; or rows in a repository, ADDRESS#/path")
	f.StringVar(&target, "target", "", "column to write as labels (default: the model's target, where the data has it)")
	c.add(p, f)
	in.add(f)
	return cmd
}

// has reports whether s has a column of this name.
func has(s *source.Schema, name string) bool {
	for _, f := range s.Fields {
		if f.Name == name {
			return true
		}
	}
	return false
}
