package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/table"
	"github.com/outcore/outcore/zarr"
)

func (p *program) arraySetCommand() *cobra.Command {
	var selection, value, message string
	cmd := &cobra.Command{
		Use:   "set ADDRESS#/ARRAY",
		Short: "Set an array, or a part of one, to a value, in one transaction",
		Long: `Set an array, or a part of one, to a value, in one transaction: others see all
of it or nothing. What is set may be larger than memory. When others committed
to other chunks meanwhile, the change goes on top of theirs; when they wrote
the same chunks, nothing is changed (exit 4).

In a column of a table the value may be a time or a text; elements that were
null are there from then on.`,
		Example: "  outcore array set 'data/lab#/mnist/X' --select ':,0:10' --value 0 \\\n      -m \"blank the border\"\n  outcore array set 'data/lab@experiment#/y' --select '-1' --value nan --dry-run",
		Args:    exactly(1, "an array in a repository"),
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			index, err := selected(selection)
			if err != nil {
				return nil, err
			}
			pl, s, err := j.writing(ctx, args[0])
			if err != nil {
				return nil, err
			}
			defer pl.Close()
			to, err := openSetting(ctx, s, pl.node, index, value)
			if err != nil {
				return nil, inArray(err, args[0])
			}
			if p.dryRun {
				fmt.Fprintf(p.stderr, "would write %s of %s\n", counted(to.chunks, "chunk"), args[0])
				return map[string]any{"chunks": to.chunks}, nil
			}
			if err := to.write(ctx, j, s); err != nil {
				return nil, inArray(err, args[0])
			}
			if message == "" {
				part := ""
				if index != nil {
					part = "[" + selection + "]"
				}
				message = fmt.Sprintf("set %s%s to %s", pl.node, part, value)
			}
			return j.commit(ctx, pl, s, message)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&selection, "select", "", "the part that is set, as Python selects: ':,0:10' (default: all)")
	f.StringVar(&value, "value", "", "what every element of it becomes: a number, true or false, nan, inf; of a table's column also a time or a text")
	f.StringVarP(&message, "message", "m", "", "message of the commit")
	f.BoolVar(&p.dryRun, "dry-run", false, "say how many chunks would be written, without writing")
	cmd.MarkFlagRequired("value") //nolint:errcheck // the flag is there
	return cmd
}

// A committed is what a verb that commits results in.
type committed struct {
	Snapshot string `json:"snapshot,omitempty"` // "" when nothing was changed
	Branch   string `json:"branch"`
}

// commit makes the changes of s a snapshot, on top of others' that do not
// conflict, and says so.
func (j *job) commit(ctx context.Context, pl *place, s *icechunk.Session, message string, opts ...icechunk.CommitOption) (committed, error) {
	c := committed{Branch: pl.branch()}
	if !s.Changed() {
		if !j.json {
			fmt.Fprintf(j.stdout, "nothing changed\n")
		}
		return c, nil
	}
	id, err := s.Commit(ctx, message, append(opts, icechunk.WithRebase(icechunk.Solver{}))...)
	if err != nil {
		return c, err
	}
	c.Snapshot = id.String()
	if !j.json {
		fmt.Fprintf(j.stdout, "committed %s to %s: %s\n", id, c.Branch, message)
	}
	return c, nil
}

// number reads a value for elements of type t.
func number(t dtype.Type, s string) (any, error) {
	fail := func(expected string) (any, error) {
		return nil, usage("--value: found %q, expected %s for an array of %v", s, expected, t)
	}
	switch {
	case t == dtype.Bool:
		v, err := strconv.ParseBool(strings.ToLower(s))
		if err != nil {
			return fail("true or false")
		}
		return v, nil
	case t.Float():
		v, err := strconv.ParseFloat(s, t.Size()*8)
		if err != nil {
			return fail("a number, nan or inf")
		}
		return v, nil
	}
	unsigned := strings.HasPrefix(t.String(), "u")
	if unsigned {
		v, err := strconv.ParseUint(s, 10, t.Size()*8)
		if err != nil {
			return fail(fmt.Sprintf("a whole number of 0 to %d", uint64(1)<<(t.Size()*8-1)-1+uint64(1)<<(t.Size()*8-1)))
		}
		return v, nil
	}
	v, err := strconv.ParseInt(s, 10, t.Size()*8)
	if err != nil {
		top := int64(1)<<(t.Size()*8-1) - 1
		return fail(fmt.Sprintf("a whole number of %d to %d", -top-1, top))
	}
	return v, nil
}

func (p *program) arrayCreateCommand() *cobra.Command {
	var shape, chunks, names []string
	var kind, fill, message string
	cmd := &cobra.Command{
		Use:   "create ADDRESS#/ARRAY",
		Short: "Make an array of any size; it takes no room until it is written",
		Long: `Make an array and the groups above it, in one transaction. Every element is the
fill value, and no chunk is stored, until something is written.`,
		Example: "  outcore array create 'data/lab#/era5/t2m' --shape 8760,721,1440 \\\n      --dtype float32 --fill nan --names time,lat,lon",
		Args:    exactly(1, "the array in a repository"),
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			t, err := dtype.Parse(kind)
			if err != nil {
				return nil, usage("--dtype: %v", err)
			}
			dims, err := lengths("--shape", shape)
			if err != nil {
				return nil, err
			}
			o := zarr.MetaOptions{Names: names}
			if len(chunks) > 0 {
				if o.Chunks, err = lengths("--chunks", chunks); err != nil {
					return nil, err
				}
			}
			if fill != "" {
				v, err := number(t, fill)
				if err != nil {
					return nil, err
				}
				one, err := ndarray.FullAny(t, v, 1).Compute(ctx, j.runner())
				if err != nil {
					return nil, err
				}
				o.Fill = one.Data
			}
			meta, err := zarr.NewMeta(dims, zarr.NumberType(t), o)
			if err != nil {
				return nil, inArray(err, args[0])
			}
			pl, s, err := j.writing(ctx, args[0])
			if err != nil {
				return nil, err
			}
			defer pl.Close()
			if p.dryRun {
				fmt.Fprintf(p.stderr, "would make %s: %v %s in chunks of %s\n", args[0], t, shapeText(meta.Shape), shapeText(meta.ChunkShape))
				return nil, nil
			}
			if _, err := zarr.CreateArray(ctx, s, pl.node, meta); err != nil {
				return nil, inArray(err, args[0])
			}
			if message == "" {
				message = fmt.Sprintf("create %s: %v %s", pl.node, t, shapeText(meta.Shape))
			}
			return j.commit(ctx, pl, s, message)
		}),
	}
	f := cmd.Flags()
	f.StringSliceVar(&shape, "shape", nil, "length of each axis, such as 60000,784")
	f.StringVar(&kind, "dtype", "float32", "element type: "+strings.Join(dtype.Names(), ", "))
	f.StringSliceVar(&chunks, "chunks", nil, "lengths of a chunk (default: some 4 to 16 MiB)")
	f.StringSliceVar(&names, "names", nil, "names of the axes")
	f.StringVar(&fill, "fill", "", "value of what is not written (default 0)")
	f.StringVarP(&message, "message", "m", "", "message of the commit")
	f.BoolVar(&p.dryRun, "dry-run", false, "say what would be made, without making it")
	cmd.MarkFlagRequired("shape") //nolint:errcheck // the flag is there
	return cmd
}

func (p *program) arrayResizeCommand() *cobra.Command {
	var shape []string
	var message string
	cmd := &cobra.Command{
		Use:   "resize ADDRESS#/ARRAY",
		Short: "Change the lengths of an array's axes",
		Long: `Change the lengths of an array's axes, in one transaction. Growing costs
nothing: what is new is the fill value. Chunks that fall outside are dropped
from this version on; earlier snapshots keep them.`,
		Example: "  outcore array resize 'data/lab#/mnist/X' --shape 70000,784\n  outcore array resize 'data/lab#/mnist/X' --shape 1000,784 --dry-run",
		Args:    exactly(1, "an array in a repository"),
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			dims, err := lengths("--shape", shape)
			if err != nil {
				return nil, err
			}
			pl, s, err := j.writing(ctx, args[0])
			if err != nil {
				return nil, err
			}
			defer pl.Close()
			a, err := zarr.OpenArray(ctx, s, pl.node)
			if err != nil {
				return nil, inArray(err, args[0])
			}
			old := a.Meta().Shape
			if len(dims) != len(old) {
				return nil, inArray(errs.New(errs.Shape, "--shape has %d lengths, the array has %d axes: %s", len(dims), len(old), shapeText(old)), args[0])
			}
			if c, err := table.ColumnOf(ctx, s, pl.node); err == nil && c != nil && dims[0] != old[0] {
				return nil, inArray(errs.New(errs.Unsupported, "it is a column of table %s, and all its columns have one length", c.Table), args[0])
			}
			what := fmt.Sprintf("resize %s from %s to %s", pl.node, shapeText(old), shapeText(dims))
			if p.dryRun {
				fmt.Fprintf(p.stderr, "would %s\n", what)
				return nil, nil
			}
			if err := a.Resize(ctx, dims); err != nil {
				return nil, err
			}
			if message == "" {
				message = what
			}
			return j.commit(ctx, pl, s, message)
		}),
	}
	f := cmd.Flags()
	f.StringSliceVar(&shape, "shape", nil, "new length of each axis, such as 70000,784")
	f.StringVarP(&message, "message", "m", "", "message of the commit")
	f.BoolVar(&p.dryRun, "dry-run", false, "say what would be done, without doing it")
	cmd.MarkFlagRequired("shape") //nolint:errcheck // the flag is there
	return cmd
}

// lengths reads a list of whole numbers.
func lengths(flag string, list []string) ([]uint64, error) {
	var out []uint64
	for _, s := range list {
		v, err := strconv.ParseUint(strings.TrimSpace(s), 10, 63)
		if err != nil {
			return nil, usage("%s: found %q, expected whole numbers such as 60000,784", flag, s)
		}
		out = append(out, v)
	}
	return out, nil
}
