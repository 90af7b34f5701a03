package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/chunk"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/source"
)

// chunkFlags say what chunk files, or a node of a repository, are like: of chunk
// and transform.
type chunkFlags struct {
	flags   *pflag.FlagSet
	options chunk.Options
	node    chunk.NodeOptions
	dtype   string
	scale   string
	restart bool
}

func (c *chunkFlags) add(p *program, f *pflag.FlagSet) {
	c.flags = f
	f.Int64Var(&c.options.Rows, "rows", chunk.DefaultRows, "rows of a chunk")
	f.StringVar(&c.options.Layout, "layout", "", "of files: npz, npz-csr or parquet (default: npz; parquet for tables with texts, npz-csr for very sparse rows); of a node: array, csr or table (default: array; table for tables, csr for very sparse rows)")
	f.StringVar(&c.dtype, "dtype", "", "type of the numbers in npz: float32, float64, uint8, … (default: the data's)")
	f.StringVar(&c.scale, "scale", "", "multiply numbers by this: 0.5 or 1/255")
	f.StringVar(&c.options.Prefix, "prefix", "chunk", "first part of the files' names")
	f.StringVar(&c.options.Compress, "compress", "fast", "none, fast or max")
	f.Int64Var(&c.options.RowGroup, "row-group", 0, fmt.Sprintf("rows of a Parquet row group (default %d)", chunk.DefaultGroupRows))
	f.IntVar(&c.node.CommitEvery, "commit-every", chunk.DefaultCommitEvery, "in a repository: chunks of rows in a commit")
	f.IntVar(&c.node.ChunkRows, "chunk-rows", 0, "in a repository: rows of a chunk (default: by the width of a row, 4 to 16 MiB)")
	f.BoolVar(&c.restart, "restart", false, "discard what is there of this prefix, or this node, and begin anew")
	f.BoolVar(&p.dryRun, "dry-run", false, "say what would be done, and with how much memory, without writing")
}

// parse gives the flags as chunk.Options.
func (c *chunkFlags) parse() (chunk.Options, error) {
	o := c.options
	err := notZero(c.flags, "rows", "row-group", "chunk-rows")
	if err != nil {
		return o, err
	}
	if c.dtype != "" {
		if o.DType, err = dtype.Parse(c.dtype); err != nil {
			return o, usage("--dtype: %v", err)
		}
	}
	if c.scale != "" {
		if o.Scale, err = parseScale(c.scale); err != nil {
			return o, err
		}
	}
	return o, nil
}

// parseScale reads a number or a quotient of two.
func parseScale(s string) (float64, error) {
	above, below, quotient := strings.Cut(s, "/")
	x, err := strconv.ParseFloat(strings.TrimSpace(above), 64)
	y := 1.0
	if err == nil && quotient {
		y, err = strconv.ParseFloat(strings.TrimSpace(below), 64)
	}
	if v := x / y; err == nil && v != 0 && v-v == 0 {
		return v, nil
	}
	return 0, usage("--scale: found %q, expected a number or a quotient such as 1/255", s)
}

func (p *program) chunkCommand() *cobra.Command {
	var c chunkFlags
	var in dataFlags
	var repeat int
	cmd := &cobra.Command{
		Use:     "chunk SRC… DST",
		Short:   "Turn data of any size into files of equal numbers of rows",
		GroupID: "data",
		Long: `Turn data of any size into files of equal numbers of rows, or into a node of a
repository.

Sources are files, globs, directories, - or URLs: svmlight, CSV, TSV, npy, npz
or Parquet, plain or compressed. Chunks are npz as NumPy writes it (labels in a
file of their own), npz of sparse rows as SciPy writes it, or Parquet. The data
is read, decoded and compressed on all cores, and a chunk may be larger than the
memory: its rows are streamed.

PREFIX.manifest.json beside the chunks says what they are and where to go on: a
job that is stopped, or killed, goes on when the same command is given again,
and the files come out the same, byte for byte. They do not depend on --memory
or --jobs.

DST may be a node of a repository, ADDRESS#/path or ADDRESS@BRANCH#/path: tables
become a table, rows of numbers the arrays X and y, very sparse ones compressed
rows. Every --commit-every chunks are one commit, which says where to go on.`,
		Example: `  outcore chunk mnist.svm.bz2 chunks/ --rows 10000 --features 784 \
      --dtype float32 --scale 1/255
  outcore chunk 'logs/*.csv.gz' table/ --layout parquet --rows 1000000
  outcore chunk rcv1.svm sparse/ --layout npz-csr --compress max --memory 256MiB
  outcore chunk s3://bucket/raw/ s3://bucket/chunks --prefix day1
  outcore chunk 'flights/*.csv' 'data/lab#/flights'
  outcore chunk mnist.svm.bz2 'data/lab#/mnist' --features 784 \
      --scale 1/255 --commit-every 16`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("found %d arguments, expected one or more sources and a destination: outcore chunk SRC… DST", len(args))
			}
			return nil
		},
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			n := len(args) - 1
			if repeat < 1 {
				return nil, usage("--repeat %d: expected 1 or more", repeat)
			}
			var sources []string
			for range repeat {
				sources = append(sources, args[:n]...)
			}
			o, err := c.parse()
			if err != nil {
				return nil, err
			}
			pool := &source.Pool{}
			ready := o.Layout != chunk.Parquet && o.Layout != chunk.TableLayout
			ds, err := in.open(ctx, j, c.pinned(ctx, sources, args[n]), pool, func(s *source.Options) {
				s.Dense = o.Layout != chunk.NPZCSR && o.Layout != chunk.SparseLayout
				if ready { // numbers are parsed right into what is stored
					s.DType, s.Scale = o.DType, o.Scale
					if o.Layout == "" {
						s.DenseMost = chunk.SparseFrom
					}
				}
			})
			if err != nil {
				return nil, err
			}
			defer ds.Close()
			decoder, err := source.DecoderMemory(ctx, ds)
			if err != nil {
				return nil, err
			}
			return c.run(ctx, j, args[n], chunk.Job{
				Data: ds, Pool: pool, Options: o, Ready: ready && !ds.Schema().Table, Decoder: decoder,
				Identity: in.reading(ds, sources), SkipBad: in.bad,
			})
		}),
	}
	f := cmd.Flags()
	c.add(p, f)
	f.IntVar(&repeat, "repeat", 1, "read the sources this many times, one round after the other")
	in.add(f)
	return cmd
}

// run does the job b, or says what it would do.
func (c *chunkFlags) run(ctx context.Context, j *job, dst string, b chunk.Job) (any, error) {
	if isNode(dst) {
		return c.runNode(ctx, j, dst, b)
	}
	if err := c.filesOnly(); err != nil {
		return nil, err
	}
	dest, err := blob.Open(ctx, dst)
	if err != nil {
		return nil, err
	}
	defer dest.Close()
	b.Dest, b.Jobs, b.Budget, b.Temp, b.Events, b.Restart = dest, j.jobs, j.budget, j.temp, j.events, c.restart
	if j.dryRun {
		plan, err := b.Plan(ctx)
		if err != nil {
			return nil, err
		}
		if !j.json {
			o := plan.Options
			fmt.Fprintf(j.stdout, "rows      %s, %d columns, %d a chunk\n", count(plan.Rows), plan.Columns, o.Rows)
			fmt.Fprintf(j.stdout, "files     %s in %s, compression %s\n", describe(o), dst, o.Compress)
			fmt.Fprintf(j.stdout, "memory    %s of %s\n", size(plan.NeedBytes), size(j.budget.Cap()))
		}
		return plan, nil
	}
	r, err := b.Run(ctx)
	if err != nil {
		return nil, err
	}
	if !j.json {
		fmt.Fprintf(j.stdout, "rows      %d in %s", r.Rows, counted(int64(r.Chunks), "chunk"))
		c.leftOut(j, r.Skipped, r.LeftOut)
		fmt.Fprintf(j.stdout, "\nsize      %s\nmanifest  %s (%.4s…%s)\n", size(r.Bytes), r.Manifest, r.Digest, r.Digest[len(r.Digest)-2:])
	}
	return r, nil
}

func count(n int64) string {
	if n < 0 {
		return "unknown"
	}
	return strconv.FormatInt(n, 10)
}

func describe(o chunk.Options) string {
	if o.Layout == chunk.Parquet {
		return o.Layout
	}
	return fmt.Sprintf("%s of %v", o.Layout, o.DType)
}
