package tour

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowmemory "github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/table"
)

// A lab is the repository of a tour.
type lab struct {
	*icechunk.Repository
	address blob.Address
	bucket  *blob.Bucket
	first   format.ObjectID // the snapshot of nothing
	data    format.ObjectID // that the models learn from
}

// The nodes of the lab.
const (
	trainNode = "/flights/train"
	testNode  = "/flights/test"
	lookNode  = "/look"
	trustNode = "/trust"
	modelNode = "/models/" // raw, scaled, without
)

// tag names the last snapshot of a tour.
const tag = "tour"

// labCache bounds what is kept of the lab's manifests, out of the budget.
const labCache = 4 << 20

// newLab makes the repository at a directory, in place of that of an earlier tour.
func (t *tour) newLab(ctx context.Context) error {
	if err := os.RemoveAll(t.paths.lab); err != nil {
		return err
	}
	l := &lab{address: blob.Address{Scheme: "file", Path: t.paths.lab}}
	var err error
	if l.bucket, err = blob.OpenAddress(ctx, l.address); err != nil {
		return err
	}
	t.lab = l
	program := "outcore-" + t.Version
	l.Repository, err = icechunk.Create(ctx, l.bucket, icechunk.Options{Cache: labCache, Budget: t.Budget, Program: program[:min(len(program), 24)]})
	if err != nil {
		return err
	}
	l.first, err = l.Resolve(ctx, icechunk.Main)
	return err
}

func (l *lab) close() error {
	if l == nil {
		return nil
	}
	return l.bucket.Close()
}

// at is the address of a node, at a branch, tag or snapshot ("" = main).
func (l *lab) at(ref, node string) string {
	a := l.address
	a.Ref, a.Node = ref, node
	return a.String()
}

// open opens rows of the lab as they were when the data were chunked. Every
// Dataset opens the repository for itself, as that of a command does.
func (t *tour) open(ctx context.Context, node string, pool *source.Pool) (source.Dataset, error) {
	return table.Load(ctx, t.lab.at(t.lab.data.String(), node), source.Options{Workers: t.Jobs, Memory: pool, Events: t.Events})
}

// commit makes what change does a snapshot of main, and says so.
func (t *tour) commit(ctx context.Context, message string, change func(*icechunk.Session) error) error {
	s, err := t.lab.Session(ctx, icechunk.Main)
	if err != nil {
		return err
	}
	if err := change(s); err != nil {
		return err
	}
	id, err := s.Commit(ctx, message)
	if err != nil {
		return err
	}
	t.committed(id, message)
	return nil
}

// committed says that a step is in the lab.
func (t *tour) committed(id format.ObjectID, message string) {
	t.more("commit   %s  %s", shortID(id), message)
}

// shortID is the beginning of an id that is taken for the whole of it.
func shortID(id format.ObjectID) string { return id.String()[:8] }

// putTable makes a small table: of each column its values, which are texts,
// truth values, whole numbers or float64.
func putTable(ctx context.Context, s *icechunk.Session, path string, names []string, columns ...any) (err error) {
	schema := &source.Schema{Table: true}
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		f := source.Field{Name: name, Kind: source.Number}
		fields[i] = arrow.Field{Name: name, Nullable: true}
		switch columns[i].(type) {
		case []string:
			f.Kind, fields[i].Type = source.Text, arrow.BinaryTypes.String
		case []bool:
			f.Type, fields[i].Type = dtype.Bool, arrow.FixedWidthTypes.Boolean
		case []int64:
			f.Type, fields[i].Type = dtype.Int64, arrow.PrimitiveTypes.Int64
		case []float64:
			f.Type, fields[i].Type = dtype.Float64, arrow.PrimitiveTypes.Float64
		default:
			panic(fmt.Sprintf("tour: column %s is a %T", name, columns[i]))
		}
		schema.Fields = append(schema.Fields, f)
	}
	to, err := table.Create(ctx, s, path, table.Options{Schema: schema, ChunkRows: 1 << 6})
	if err != nil {
		return err
	}
	rows := array.NewRecordBuilder(arrowmemory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer rows.Release()
	for i := range names {
		switch v := columns[i].(type) {
		case []string:
			rows.Field(i).(*array.StringBuilder).AppendValues(v, nil)
		case []bool:
			rows.Field(i).(*array.BooleanBuilder).AppendValues(v, nil)
		case []int64:
			rows.Field(i).(*array.Int64Builder).AppendValues(v, nil)
		case []float64:
			rows.Field(i).(*array.Float64Builder).AppendValues(v, nil)
		}
	}
	rec := rows.NewRecordBatch()
	defer rec.Release()
	w, err := to.NewWriter(ctx, table.WriterOptions{Jobs: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := w.Write(ctx, rec); err != nil {
		return err
	}
	return w.Flush(ctx)
}

// A commit is a snapshot of the lab, for the report.
type commit struct {
	format.SnapshotInfo
	refs    []string
	changes []string
}

// history lists the snapshots of ref, oldest first.
func (l *lab) history(ctx context.Context, ref string) ([]commit, error) {
	names := map[format.ObjectID][]string{}
	branches, err := l.Branches(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range branches {
		names[b.Snapshot] = append(names[b.Snapshot], b.Name)
	}
	tags, err := l.Tags(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range tags {
		names[b.Snapshot] = append(names[b.Snapshot], "tag "+b.Name)
	}
	var out []commit
	for s, err := range l.Log(ctx, ref) {
		if err != nil {
			return nil, err
		}
		c := commit{SnapshotInfo: s, refs: names[s.ID]}
		if s.Parent != (format.ObjectID{}) {
			d, err := l.Diff(ctx, s.Parent, s.ID)
			if err != nil {
				return nil, err
			}
			c.changes = changes(d)
		}
		out = append([]commit{c}, out...)
	}
	return out, nil
}

// changes says what differs, a line a group that has arrays: those are counted.
func changes(d *icechunk.Diff) []string {
	type count struct{ fresh, changed, chunks int64 }
	groups := map[string]*count{}
	in := func(array string) *count {
		g := path.Dir(array)
		if groups[g] == nil {
			groups[g] = &count{}
		}
		return groups[g]
	}
	for _, a := range d.NewArrays {
		in(a).fresh++
	}
	for a, n := range d.Chunks {
		c := in(a)
		c.chunks += n
		if !slices.Contains(d.NewArrays, a) {
			c.changed++
		}
	}
	var out []string
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		c := groups[g]
		var what []string
		if c.fresh > 0 {
			what = append(what, plural(c.fresh, "new array", "new arrays"))
		}
		if c.changed > 0 {
			what = append(what, plural(c.changed, "array changed", "arrays changed"))
		}
		out = append(out, fmt.Sprintf("%s: %s, %s", g, strings.Join(what, ", "), plural(c.chunks, "chunk", "chunks")))
	}
	return out
}

// chunksOf is the chunks that a snapshot has beyond another.
func (l *lab) chunksOf(ctx context.Context, from, to format.ObjectID) (int64, error) {
	d, err := l.Diff(ctx, from, to)
	if err != nil {
		return 0, err
	}
	var n int64
	for _, c := range d.Chunks {
		n += c
	}
	return n, nil
}
