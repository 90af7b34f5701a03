package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/train"
)

// predictFlags are the flags of predict.
type predictFlags struct {
	model string
	data  []string
	set   []string
	to    string
	out   string
	proba bool
	in    dataFlags
}

func (p *program) predictCommand() *cobra.Command {
	var c predictFlags
	cmd := &cobra.Command{
		Use:     "predict --model MODEL (--data ADDRESS… | --set COLUMN=VALUE,…)",
		Short:   "Predict rows of any number, or one",
		GroupID: "learn",
		Long: `Predict with a model: every row of data of any size, in order, or one row given
with --set. A column that --set leaves out is missing.

The column row counts the rows of the data from 1, over all files. A row that
--skip-bad-rows leaves out has a number too, but no line in the predictions; so
they can always be joined with the data by row.`,
		Example: `  outcore predict --model model/ --data new.csv > predictions.csv
  outcore predict --model model/ --data new.csv --proba --to jsonl \
      -o predictions.jsonl
  outcore predict --model model/ --set dep_delay=25,distance=760,hour=18,month=7`,
		Args: exactly(0, "none"),
		RunE: p.job(func(ctx context.Context, j *job, _ []string) (any, error) { return c.run(ctx, j) }),
	}
	f := cmd.Flags()
	f.StringVar(&c.model, "model", "", "directory of the model, s3://bucket/prefix, or ADDRESS#/path in a repository")
	f.StringSliceVar(&c.data, "data", nil, "files, globs, directories, - or URLs; or rows in a repository, ADDRESS#/path")
	f.StringSliceVar(&c.set, "set", nil, "one row, as column=value pairs")
	f.StringVar(&c.to, "to", "csv", "output format: csv or jsonl")
	f.StringVarP(&c.out, "output", "o", "", "file for the predictions (default, and -: stdout)")
	f.BoolVar(&c.proba, "proba", false, "write the probability of every class beside the class")
	c.in.add(f)
	return cmd
}

func (c *predictFlags) run(ctx context.Context, j *job) (any, error) {
	m, err := loadModel(ctx, c.model)
	if err != nil {
		return nil, err
	}
	switch {
	case c.to != "csv" && c.to != "jsonl":
		return nil, usage("--to: found %q, expected csv or jsonl", c.to)
	case len(c.set) > 0 && len(c.data) > 0:
		return nil, usage("--set is one row, --data are many: give one of them")
	case c.proba && !m.Pipeline.Classifier():
		return nil, usage("--proba: the model predicts a number, not a class")
	}
	pool := &source.Pool{}
	data, change := c.data, learned(m)
	if len(c.set) > 0 {
		row, types, err := c.row(m)
		if err != nil {
			return nil, err
		}
		data = []string{"-"}
		change = func(o *source.Options) {
			o.Stdin, o.Format, o.Header, o.Types = strings.NewReader(row), "csv", source.Yes, types
		}
	}
	ds, err := c.in.open(ctx, j, data, pool, change)
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	out, err := createOutput(j.stdout, c.out)
	if err != nil {
		return nil, err
	}
	w := &predictions{w: bufio.NewWriterSize(out, 1<<16), to: c.to, classes: m.Pipeline.Classes(), proba: c.proba, rows: len(c.set) == 0}
	if err := w.head(); err != nil {
		return nil, errors.Join(err, out.abort())
	}
	r, err := train.Score(ctx, train.ScoreConfig{
		Data: ds, Pipeline: m.Pipeline, Roles: feature.Roles{}, Proba: c.proba, Each: w.each, PredictOnly: true,
		Jobs: j.jobs, Budget: j.budget, Pool: pool, Events: j.events, Name: "predict",
	})
	if err == nil {
		err = w.w.Flush()
	}
	if err != nil {
		return nil, errors.Join(err, out.abort())
	}
	w.tell(j.events, r.Rows, r.Bad)
	return struct {
		Rows int64  `json:"rows"`
		Bad  int64  `json:"bad_rows"`
		Out  string `json:"output,omitempty"`
		Need int64  `json:"need_bytes"`
	}{r.Rows, r.Bad, c.out, r.Need}, out.commit()
}

// row makes a table of one row of --set: its text, and the types of its columns.
func (c *predictFlags) row(m *compose.Model) (text string, types map[string]string, err error) {
	values, _, err := assignments(c.set)
	if err != nil {
		return "", nil, err
	}
	var names, fields []string
	types = map[string]string{}
	in := m.Pipeline.Input()
	for _, f := range in.Fields {
		v := values[f.Name]
		if _, err := strconv.ParseFloat(v, 64); err != nil && f.Kind == feature.Number && !slices.Contains(source.DefaultNA, v) {
			return "", nil, usage("--set %s=%s: found %q, expected a number, or nothing when it is missing", f.Name, v, v)
		}
		delete(values, f.Name)
		names = append(names, quoteCSV(f.Name))
		fields = append(fields, quoteCSV(v))
		types[f.Name] = typeNames[f.Kind]
	}
	for name := range values {
		_, _, err := in.Lookup(name)
		return "", nil, fmt.Errorf("--set: %w", err)
	}
	return strings.Join(names, ",") + "\n" + strings.Join(fields, ",") + "\n", types, nil
}

func quoteCSV(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// predictions writes answers as rows.
type predictions struct {
	w       *bufio.Writer
	to      string
	classes []string
	proba   bool
	rows    bool // beside the number of the row
	line    []byte
	none    int64 // rows without a prediction
}

// tell warns of rows without a prediction.
func (p *predictions) tell(events event.Sink, rows, bad int64) {
	if bad > 0 {
		events.Send(event.Event{Kind: event.Warning, Rows: bad, Message: fmt.Sprintf("%s skipped, and without a line in the predictions", counted(bad, "bad row"))})
	}
	if p.none > 0 {
		events.Send(event.Event{Kind: event.Warning, Rows: p.none, Message: fmt.Sprintf(
			"%d of %d rows have no prediction: a number that the model needs is missing there (train with impute before the learner)", p.none, rows)})
	}
}

func (p *predictions) head() error {
	if p.to != "csv" {
		return nil
	}
	if p.rows {
		p.w.WriteString("row,")
	}
	p.w.WriteString("prediction")
	if p.proba {
		for _, c := range p.classes {
			p.w.WriteString("," + quoteCSV("p("+c+")"))
		}
	}
	return p.w.WriteByte('\n')
}

func (p *predictions) each(a train.Answer) error {
	k := len(p.classes)
	if p.proba && a.Proba == nil {
		return errs.New(errs.Unsupported, "the model's loss has no probabilities").WithFix("train with sgd-classifier(loss=log_loss), or leave --proba out")
	}
	for i, v := range a.Predict {
		if v != v {
			p.none++
		}
		var proba []float64
		if p.proba {
			proba = a.Proba[i*k : (i+1)*k]
		}
		row := int64(0)
		if p.rows {
			row = a.Origin.Number(i) + 1
		}
		if p.to == "csv" {
			p.csv(row, v, proba)
		} else {
			p.json(row, v, proba)
		}
		if _, err := p.w.Write(p.line); err != nil {
			return err
		}
	}
	return nil
}

// csv makes p.line; row is 0 when there is no number.
func (p *predictions) csv(row int64, v float64, proba []float64) {
	p.line = p.line[:0]
	if row > 0 {
		p.line = append(strconv.AppendInt(p.line, row, 10), ',')
	}
	switch {
	case v != v && p.classes != nil: // no class: an empty field
	case p.classes != nil:
		name := p.classes[int(v)]
		if strings.ContainsAny(name, ",\"\r\n") {
			name = quoteCSV(name)
		}
		p.line = append(p.line, name...)
	default:
		p.line = strconv.AppendFloat(p.line, v, 'g', -1, 64)
	}
	for _, q := range proba {
		p.line = strconv.AppendFloat(append(p.line, ','), q, 'g', -1, 64)
	}
	p.line = append(p.line, '\n')
}

// json makes p.line; row is 0 when there is no number.
func (p *predictions) json(row int64, v float64, proba []float64) {
	p.line = append(p.line[:0], '{')
	if row > 0 {
		p.line = append(strconv.AppendInt(append(p.line, `"row":`...), row, 10), ',')
	}
	p.line = append(p.line, `"prediction":`...)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0): // JSON has none
		p.line = append(p.line, "null"...)
	case p.classes != nil:
		name, _ := json.Marshal(p.classes[int(v)])
		p.line = append(p.line, name...)
	default:
		p.line = strconv.AppendFloat(p.line, v, 'g', -1, 64)
	}
	if proba != nil {
		p.line = append(p.line, `,"probabilities":{`...)
		for i, q := range proba {
			if i > 0 {
				p.line = append(p.line, ',')
			}
			name, _ := json.Marshal(p.classes[i])
			p.line = append(append(p.line, name...), ':')
			if math.IsNaN(q) {
				p.line = append(p.line, "null"...)
			} else {
				p.line = strconv.AppendFloat(p.line, q, 'g', -1, 64)
			}
		}
		p.line = append(p.line, '}')
	}
	p.line = append(p.line, "}\n"...)
}
