package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/ndarray"
)

func (p *program) arrayStatCommand() *cobra.Command {
	var selection, to, out string
	var axes []int
	var quantiles []float64
	var ddof int
	var skip bool
	cmd := &cobra.Command{
		Use:   "stat ADDRESS#/ARRAY",
		Short: "Count, minimum, mean, maximum, deviation, sum and NaN of an array",
		Long: `Count, minimum, mean, maximum, standard deviation, sum and number of NaN of an
array, in one pass over it, whatever its size: of all elements, or over some
axes, which gives a line for every index of the others. --quantile takes one to
four passes more, and is exact.

As in NumPy, one NaN makes all but the counts NaN, unless --skip-nan leaves it
out. Sums of floats are made in float64, in an order that depends on the array
alone, so that any --jobs gives the same digits.

Of a column of a table nulls are left out and counted; times are told as such
(their deviation in seconds), and of texts the count, the empty, the least, the
greatest and the longest.`,
		Example: `  outcore array stat 'data/lab#/mnist/X'
  outcore array stat 'data/lab#/mnist/X' --axis 0 --to csv -o columns.csv
  outcore array stat 'data/lab@v1#/era5/t2m' --select '0:744,:,:' --axis 0 \
      --skip-nan --memory 512MiB
  outcore array stat 'data/lab#/mnist/X' --quantile 0.01,0.5,0.99`,
		Args: exactly(1, "an array in a repository"),
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			write, ok := map[string]func(io.Writer, *statTable) error{"text": printStat, "csv": statCSV, "json": statJSON}[to]
			if !ok {
				return nil, usage("--to: found %q, expected text, csv or json", to)
			}
			for _, q := range quantiles {
				if !(q >= 0 && q <= 1) {
					return nil, usage("--quantile: found %v, expected 0 to 1", q)
				}
			}
			o, err := j.reading(ctx, args[0], selection)
			if err != nil {
				return nil, err
			}
			defer o.Close()
			dims := o.array.Dims()
			if o.texts != nil {
				dims = o.rows.Dims()
			}
			for _, k := range axes {
				if k < -dims || k >= dims {
					return nil, usage("%s: --axis: found %d, expected %d to %d", args[0], k, -dims, dims-1)
				}
			}
			if !o.plain() {
				l, err := j.statColumn(ctx, o, ddof, skip, quantiles)
				if err != nil {
					return nil, inArray(err, args[0])
				}
				return l.result(), j.written(out, func(w io.Writer) error { return l.write(w, to) })
			}
			t, err := j.stat(ctx, o.array, axes, ddof, skip, quantiles)
			if refused := (*memory.RefusedError)(nil); errors.As(err, &refused) && to != "json" && (out != "" || !j.json) && len(keptAxes(dims, axes)) > 0 {
				return j.statParts(ctx, o.array, axes, out, write, func(part ndarray.Any) (*statTable, error) {
					t, err := j.stat(ctx, part, axes, ddof, skip, quantiles)
					return t, inArray(err, args[0])
				})
			}
			if err != nil {
				return nil, inArray(err, args[0])
			}
			if err := j.written(out, func(w io.Writer) error { return write(w, t) }); err != nil {
				return nil, err
			}
			return t.result(), nil
		}),
	}
	f := cmd.Flags()
	f.StringVar(&selection, "select", "", "the part that is looked at, as Python selects: '0:1000,:' (default: all)")
	f.IntSliceVar(&axes, "axis", nil, "axes to go over, such as 0 or 0,1; negative from the end (default: all)")
	f.Float64SliceVar(&quantiles, "quantile", nil, "quantiles too, such as 0.01,0.5,0.99")
	f.IntVar(&ddof, "ddof", 0, "divide the squared deviations by N minus this")
	f.BoolVar(&skip, "skip-nan", false, "leave NaN out")
	f.StringVar(&to, "to", "text", "text, csv or json")
	f.StringVarP(&out, "output", "o", "", "write to this file instead of stdout")
	return cmd
}

// written writes a result to out, or to stdout when that is not taken by --json.
func (j *job) written(out string, write func(io.Writer) error) error {
	if j.json && out == "" {
		return nil
	}
	o, err := createOutput(j.stdout, out)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(o)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		o.abort() //nolint:errcheck // the first error is the one to tell
		return err
	}
	return o.commit()
}

// quantileName is the column of a quantile: q0.5.
func quantileName(q float64) string { return "q" + strconv.FormatFloat(q, 'g', -1, 64) }

// A statTable is a Summary as columns; its rows are the indices that are kept,
// in C order.
type statTable struct {
	shape []int // of the kept axes; empty when there is one row
	first int   // index along the first of them at which the rows begin
	n     int64
	names []string
	cols  []*ndarray.Values
}

// stat summarises a.
func (j *job) stat(ctx context.Context, a ndarray.Any, axes []int, ddof int, skip bool, quantiles []float64) (*statTable, error) {
	over := []ndarray.ReduceOption{ndarray.DDoF(ddof)}
	if axes != nil {
		over = append(over, ndarray.Axes(axes...))
	}
	if skip {
		over = append(over, ndarray.SkipNaN())
	}
	s, err := a.Stats(ctx, j.runner(), over, ndarray.WithBudget(j.budget), ndarray.WithEvents("stat", j.events))
	if err != nil {
		return nil, err
	}
	t := &statTable{shape: s.Min.Shape, n: s.N,
		names: []string{"min", "mean", "max", "std", "sum", "nan"},
		cols:  []*ndarray.Values{s.Min, s.Mean, s.Max, s.Std, s.Sum, s.NaN}}
	if len(quantiles) == 0 {
		return t, nil
	}
	q, err := a.Quantiles(ctx, j.runner(), quantiles, over, ndarray.WithBudget(j.budget), ndarray.WithEvents("quantiles", j.events))
	if err != nil {
		return nil, err
	}
	size := len(q.Data) / len(quantiles)
	for i, p := range quantiles {
		t.names = append(t.names, quantileName(p))
		t.cols = append(t.cols, &ndarray.Values{Type: q.Type, Shape: q.Shape[1:], Data: q.Data[i*size : (i+1)*size]})
	}
	return t, nil
}

// rows is how many there are.
func (t *statTable) rows() int {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	return n
}

// cell is the text of column c in row i.
func (t *statTable) cell(c, i int) []byte {
	v := t.cols[c]
	return appendElement(nil, v.Type, v.Data[i*v.Type.Size():])
}

// index writes the index of row i: 3,17.
func (t *statTable) index(i int, between string) string {
	parts := make([]string, len(t.shape))
	for k := len(t.shape) - 1; k >= 0; k-- {
		at := i % t.shape[k]
		if k == 0 {
			at += t.first
		}
		parts[k] = strconv.Itoa(at)
		i /= t.shape[k]
	}
	return strings.Join(parts, between)
}

// mostResult is how many rows --json repeats in its status line.
const mostResult = 1000

// result is what --json tells: numbers for one row, lists for more, and nothing
// but the count for very many, which belong into a file.
func (t *statTable) result() map[string]any {
	r := map[string]any{"count": t.n}
	if len(t.shape) > 0 {
		r["shape"] = t.shape
	}
	if t.rows() > mostResult {
		return r
	}
	for c, name := range t.names {
		var list []json.RawMessage
		for i := range t.rows() {
			list = append(list, appendJSON(nil, t.cols[c].Type, t.cols[c].Data[i*t.cols[c].Type.Size():]))
		}
		if len(t.shape) == 0 {
			r[name] = list[0]
		} else {
			r[name] = list
		}
	}
	return r
}

// alignedRows is how many rows of a table are held in memory, to align them.
const alignedRows = 10_000

func printStat(w io.Writer, t *statTable) error {
	if len(t.shape) == 0 {
		fmt.Fprintf(w, "%-6s %d\n", "count", t.n)
		for c, name := range t.names {
			if _, err := fmt.Fprintf(w, "%-6s %s\n", name, t.cell(c, 0)); err != nil {
				return err
			}
		}
		return nil
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if t.first == 0 {
		fmt.Fprintf(tw, "index\t%s\n", strings.Join(t.names, "\t"))
	}
	for i := range t.rows() {
		fmt.Fprint(tw, t.index(i, ","))
		for c := range t.cols {
			fmt.Fprintf(tw, "\t%s", brief(t.cols[c].Type, t.cell(c, i)))
		}
		if _, err := fmt.Fprintln(tw); err != nil {
			return err
		}
		if i%alignedRows == alignedRows-1 {
			if err := tw.Flush(); err != nil {
				return err
			}
		}
	}
	return tw.Flush()
}

// brief writes a float with six digits, for tables that are looked at.
func brief(t dtype.Type, text []byte) string {
	if v, err := strconv.ParseFloat(string(text), 64); err == nil && t.Float() {
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	return string(text)
}

func statCSV(w io.Writer, t *statTable) error {
	head := append([]string{"count"}, t.names...)
	for k := len(t.shape) - 1; k >= 0; k-- {
		head = append([]string{fmt.Sprintf("index%d", k)}, head...)
	}
	if t.first == 0 {
		if _, err := fmt.Fprintln(w, strings.Join(head, ",")); err != nil {
			return err
		}
	}
	for i := range t.rows() {
		line := []byte(t.index(i, ","))
		if len(line) > 0 {
			line = append(line, ',')
		}
		line = strconv.AppendInt(line, t.n, 10)
		for c := range t.cols {
			line = append(append(line, ','), t.cell(c, i)...)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

func statJSON(w io.Writer, t *statTable) error {
	if n := t.rows(); n > mostResult {
		return errs.New(errs.TooLarge, "%d rows, at most %d are written as JSON", n, mostResult).WithFix("--to csv")
	}
	return json.NewEncoder(w).Encode(t.result())
}
