package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/table"
)

func (p *program) arrayMapCommand() *cobra.Command {
	var m mapping
	cmd := &cobra.Command{
		Use:   "map ADDRESS#/ARRAY",
		Short: "Change every element by an expression, in transactions, resumable",
		Long: `Change every element of an array, or of a part of one, by an expression of x,
the array as it was before the first commit: 'x * 2 - 1', 'where(x > 0, x, 0)',
'(x - mean(x, 0)) / std(x, 0)'. The array may be of any size.

The change is committed every so many chunks; each commit says how far it is. A
job that is stopped, or killed, goes on from there when the same command is
given again, and every chunk is changed once. When it is complete the same
command says so; --again changes the array once more. A commit by others to the
same array in the meantime stops the job (exit 4).

Nulls of a table's column stay nulls, its times are microseconds since 1970.
Reductions in the expression see what is stored for nulls: NaN, or 0 of whole
numbers.`,
		Example: `  outcore array map 'data/lab#/mnist/X' --expr 'x * 2 - 1' --commit-every 64
  outcore array map 'data/lab#/mnist/X' --expr '(x - mean(x, 0)) / std(x, 0)' \
      --memory 512MiB
  outcore array map 'data/lab@experiment#/X' --select ':,0' --dry-run \
      --expr 'log(x + 1)'`,
		Args: exactly(1, "an array in a repository"),
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			if m.every < 1 {
				return nil, usage("--commit-every %d: expected 1 chunk or more", m.every)
			}
			var err error
			if m.index, err = selected(m.selection); err != nil {
				return nil, err
			}
			pl, s, err := j.writing(ctx, args[0])
			if err != nil {
				return nil, err
			}
			defer pl.Close()
			m.job, m.place, m.session = j, pl, s
			r, err := m.run(ctx)
			return r, inArray(err, args[0])
		}),
	}
	f := cmd.Flags()
	f.StringVar(&m.expr, "expr", "", "what an element becomes; x is the array")
	f.StringVar(&m.selection, "select", "", "the part that is changed, as Python selects (default: all); x is then that part")
	f.Int64Var(&m.every, "commit-every", 64, "chunks of a transaction")
	f.BoolVar(&m.again, "again", false, "change the array once more though the same was done already")
	f.BoolVar(&m.restart, "restart", false, "begin anew on the array as it is, where another map of it was not finished")
	f.BoolVar(&p.dryRun, "dry-run", false, "say what would be done, without writing")
	cmd.MarkFlagRequired("expr") //nolint:errcheck // the flag is there
	return cmd
}

// A mapping is an array map at work.
type mapping struct {
	expr, selection string
	every           int64
	again, restart  bool
	index           []ndarray.Index

	job     *job
	place   *place
	session *icechunk.Session
}

// mapResult is what array map results in.
type mapResult struct {
	Chunks   int64  `json:"chunks"`  // in all
	Written  int64  `json:"written"` // by this run
	Commits  int    `json:"commits"` // of this run
	Resumed  bool   `json:"resumed"`
	Snapshot string `json:"snapshot,omitempty"` // the last
	Branch   string `json:"branch"`
}

func (m *mapping) run(ctx context.Context) (*mapResult, error) {
	j, pl := m.job, m.place
	total, err := ndarray.AssignChunks(ctx, m.session, pl.node, m.index)
	if err != nil {
		return nil, err
	}
	at, err := m.find(ctx)
	if err != nil {
		return nil, err
	}
	r := &mapResult{Chunks: total, Branch: pl.branch(), Resumed: at.Next > 0, Snapshot: at.snapshot}
	if at.Complete {
		if !j.json {
			fmt.Fprintf(j.stdout, "done already, %s, by commit %s; --again does it once more\n", counted(total, "chunk"), at.snapshot)
		}
		return r, nil
	}
	origin, err := pl.Snapshot(ctx, at.Origin)
	if err != nil {
		return nil, err
	}
	value, err := m.value(ctx, origin)
	if err != nil {
		return nil, err
	}
	if j.dryRun {
		plan, err := value.Explain()
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(j.stderr, "%swould write %d of %s of %s, %d a commit\n", plan, total-at.Next, counted(total, "chunk"), pl.at(pl.ref, pl.node), m.every)
		return r, nil
	}
	// Reductions are computed once, when the rest is known to fit.
	if err := ndarray.Assign(ctx, j.runner(), m.session, pl.node, m.index, value, ndarray.WithBudget(j.budget), ndarray.OnlyChunks(0, 0)); err != nil {
		return nil, err
	}
	if value, err = value.Settle(ctx, j.runner(), ndarray.WithBudget(j.budget)); err != nil {
		return nil, err
	}
	progress := j.mapProgress(at.Next, total)
	for at.Next < total {
		to := min(at.Next+m.every, total)
		opts := []ndarray.RunOption{ndarray.WithBudget(j.budget), ndarray.OnlyChunks(at.Next, to)}
		if err := ndarray.Assign(ctx, j.runner(), m.session, pl.node, m.index, value, opts...); err != nil {
			return r, err
		}
		r.Written += to - at.Next
		at.Next, at.Complete = to, to == total
		if err := m.commit(ctx, &at); err != nil {
			return r, err
		}
		r.Commits++
		r.Snapshot = at.snapshot
		progress(to)
	}
	if !j.json {
		fmt.Fprintf(j.stdout, "changed %s in %s, the last %s; peak %s\n", counted(r.Written, "chunk"), counted(int64(r.Commits), "commit"), r.Snapshot, memory.FormatSize(j.budget.Stats().Peak))
	}
	return r, nil
}

// value is what the elements become, of origin's. Nulls of a table stay what they
// are.
func (m *mapping) value(ctx context.Context, origin *icechunk.Session) (ndarray.Any, error) {
	part := func(path string) (ndarray.Any, error) {
		a, err := ndarray.OpenAny(ctx, origin, path)
		if err == nil && m.index != nil {
			a = a.Slice(m.index...)
		}
		return a, err
	}
	x, err := part(m.place.node)
	if err != nil {
		return x, err
	}
	value, err := ndarray.Parse(m.expr, map[string]ndarray.Any{"x": x})
	if err != nil {
		return x, fmt.Errorf("--expr: %w", err)
	}
	c, err := table.ColumnOf(ctx, origin, m.place.node)
	if err != nil || c == nil || c.Valid == nil {
		return value, err
	}
	valid, err := part(c.Valid.Path())
	return ndarray.Where(valid, value.Cast(x.Type()), x), err
}
