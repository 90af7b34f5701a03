package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/source"
)

// dataFlags are the flags of every verb that reads data.
type dataFlags struct {
	format    string
	columns   []string
	types     []string
	header    string
	delimiter string
	quote     string
	na        []string
	features  int
	zeroBased string
	nonFinite bool
	bad       int64
	expansion int64
}

func (d *dataFlags) add(f *pflag.FlagSet) {
	f.StringVar(&d.format, "format", "", "csv, tsv, svmlight, npy, npz or parquet (default: by content)")
	f.StringSliceVar(&d.columns, "columns", nil, "read only these columns, in this order")
	f.StringSliceVar(&d.types, "types", nil, "types of columns instead of those found, such as zip=text,id=int64")
	f.StringVar(&d.header, "header", "auto", "does a table's first row name the columns: auto, yes or no")
	f.StringVar(&d.delimiter, "delimiter", "", "between fields: one character or tab (default: found)")
	f.StringVar(&d.quote, "quote", "", "around fields that hold a delimiter: one character or none (default \")")
	f.StringSliceVar(&d.na, "na", nil, "texts that mean missing (default: empty, NA, NaN, null and the like)")
	f.IntVar(&d.features, "features", 0, "width of svmlight rows (default: found by one more pass)")
	f.StringVar(&d.zeroBased, "zero-based", "auto", "do svmlight columns count from 0: auto, yes or no")
	f.BoolVar(&d.nonFinite, "allow-non-finite", false, "take nan and inf in svmlight rows")
	f.Int64Var(&d.bad, "skip-bad-rows", 0, "leave out up to this many rows that cannot be read, and count them")
	f.Int64Var(&d.expansion, "max-expansion", 0, "most bytes one compressed byte may become (default: a cap against bombs)")
}

// options gives the flags as source.Options.
func (d *dataFlags) options() (source.Options, error) {
	o := source.Options{
		Format: d.format, Columns: d.columns, Header: source.Answer(d.header), Delimiter: d.delimiter, Quote: d.quote,
		AllowNonFinite: d.nonFinite, NA: d.na, Features: d.features, ZeroBased: source.Answer(d.zeroBased),
		SkipBadRows: d.bad, MaxExpansion: d.expansion,
	}
	for _, t := range d.types {
		name, kind, ok := strings.Cut(t, "=")
		if !ok {
			return o, usage("--types: found %q, expected column=type", t)
		}
		if o.Types == nil {
			o.Types = map[string]string{}
		}
		o.Types[name] = kind
	}
	return o, nil
}

// open opens the data of a job, its memory coming from pool.
func (d *dataFlags) open(ctx context.Context, j *job, addresses []string, pool source.Memory, change func(*source.Options)) (source.Dataset, error) {
	if len(addresses) == 0 {
		return nil, usage("no data; give --data ADDRESS (a file, glob, directory, - or URL)")
	}
	o, err := d.options()
	if err != nil {
		return nil, err
	}
	o.Workers, o.Memory, o.Events, o.Stdin = min(j.jobs, runtime.GOMAXPROCS(0)), pool, once(j.events), untilDone(ctx, j.stdin)
	if change != nil {
		change(&o)
	}
	if slices.ContainsFunc(addresses, isNode) {
		return loadNode(ctx, addresses, o)
	}
	return source.Open(ctx, addresses, o)
}

// once passes on what a source says, each warning one time: the first segment
// is looked at before a job begins, and a job may read the data in passes.
func once(to event.Sink) event.Sink {
	var mu sync.Mutex
	said := map[string]bool{}
	return func(e event.Event) {
		if e.Kind == event.Warning {
			mu.Lock()
			again := said[e.Message]
			said[e.Message] = true // a source says a few of them, and then how many there are
			mu.Unlock()
			if again {
				return
			}
		}
		to.Send(e)
	}
}

// learned makes the options of data for a model: text tables are read as the
// columns the model learned from, svmlight as wide as it was.
func learned(m *compose.Model) func(*source.Options) {
	in := m.Pipeline.Input()
	return func(o *source.Options) {
		o.Expect = map[string]string{}
		numbered := true
		for i, f := range in.Fields {
			o.Expect[f.Name] = typeNames[f.Kind]
			numbered = numbered && f.Name == fmt.Sprintf("f%d", i)
		}
		if numbered && o.Features == 0 {
			o.Features = len(in.Fields)
		}
	}
}

// typeNames are the kinds of columns as --types takes them.
var typeNames = map[feature.Kind]string{feature.Number: "float64", feature.Text: "text", feature.Time: "time"}

// identity lists what makes the data at addresses what they are, for resuming.
func (d *dataFlags) identity(ds source.Dataset, addresses []string) map[string]string {
	id := map[string]string{}
	if slices.ContainsFunc(addresses, isNode) {
		id[given] = strings.Join(addresses, " ")
	}
	for i, f := range ds.Files() {
		id[fmt.Sprintf("file %d", i+1)] = fmt.Sprintf("%s, %d bytes, version %s", f.Address, f.Size, f.Version)
	}
	types := append([]string{}, d.types...)
	sort.Strings(types)
	id["--format"] = d.format
	id["--columns"] = strings.Join(d.columns, ",")
	id["--types"] = strings.Join(types, ",")
	id["--header"] = d.header
	id["--delimiter"] = d.delimiter
	id["--quote"] = d.quote
	if d.nonFinite {
		id["--allow-non-finite"] = "true"
	}
	id["--na"] = fmt.Sprintf("%q", d.na)
	id["--features"] = fmt.Sprint(d.features)
	id["--zero-based"] = d.zeroBased
	return id
}

// reading lists the options that change what rows the data is read as: those
// that a manifest keeps, which has the files and the columns by itself.
func (d *dataFlags) reading(ds source.Dataset, addresses []string) map[string]string {
	id := d.identity(ds, addresses)
	for name, v := range id {
		switch {
		case !strings.HasPrefix(name, "--"), v == "", v == "auto", v == "[]":
			delete(id, name)
		}
	}
	delete(id, "--features")
	return id
}

// assignments reads a=1,b=2 pairs, as --set takes them.
func assignments(list []string) (map[string]string, []string, error) {
	values := map[string]string{}
	var order []string
	for _, s := range list {
		name, v, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, nil, usage("--set: found %q, expected column=value", s)
		}
		if _, twice := values[name]; twice {
			return nil, nil, errs.New(errs.Invalid, "--set: column %q is given twice", name)
		}
		values[name] = v
		order = append(order, name)
	}
	return values, order, nil
}
