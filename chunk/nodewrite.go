package chunk

import (
	"context"
	"errors"
	"fmt"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/table"
)

// A sink is a node being written.
type sink interface {
	put(context.Context, *piece) error // keeps nothing of it
	Flush(context.Context) error
	Rows() int64
	Close() error
}

// write folds the pieces into the node, commit by commit.
func (n *nodeWork) write(ctx context.Context) (err error) {
	s, err := n.to.Repository.Session(ctx, n.to.Branch)
	if err != nil {
		return err
	}
	if !n.begun {
		n.seen = s.Base()
	}
	if err := n.look(ctx, s.Base()); err != nil {
		return err
	}
	out, err := n.open(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	last := n.m.end()
	full := false // a commit waits for rows behind it: the last one says so
	fold := n.fold(func(ctx context.Context, p *piece) error {
		defer p.release()
		if p.n > 0 && full {
			if err := n.commit(ctx, s, out, last, false); err != nil {
				return err
			}
			full = false
		}
		last = p.at
		if p.n > 0 {
			if err := out.put(ctx, p); err != nil {
				return err
			}
		}
		full = full || p.ends
		return nil
	})
	if err := fold.Run(ctx, n.pieces(ctx)); err != nil {
		return err
	}
	return n.commit(ctx, s, out, last, true)
}

// commit makes what was written rows of the branch.
func (n *nodeWork) commit(ctx context.Context, s *icechunk.Session, out sink, at Place, complete bool) error {
	if err := out.Flush(ctx); err != nil {
		return err
	}
	id, err := nodeID(ctx, s, n.to.Path)
	if err != nil {
		return err
	}
	rows := out.Rows()
	if !s.Changed() { // no row behind the last commit, which did not know
		doc, err := s.Metadata(ctx, n.to.Path)
		if err != nil {
			return err
		}
		if err := s.SetMetadata(ctx, n.to.Path, doc); err != nil {
			return err
		}
	}
	rec := n.record(id, rows, at, complete)
	message := fmt.Sprintf("%s: rows %d to %d of %s", rec.Verb, n.m.Rows, rows, n.to.Path)
	snapshot, err := n.land(ctx, s, message, rec)
	if err != nil {
		return err
	}
	n.m.Chunks = []Chunk{{Rows: rows, End: at}}
	n.m.Rows, n.m.Skipped, n.m.Complete = rows, at.Skipped, complete
	n.replace, n.begun, n.snapshot = false, true, snapshot.String()
	n.commits++
	return nil
}

// land commits, on top of what others did meanwhile, unless they touched the
// node: also where it was not the chunks that are being written.
func (n *nodeWork) land(ctx context.Context, s *icechunk.Session, message string, rec *record) (format.ObjectID, error) {
	for {
		id, err := s.Commit(ctx, message, icechunk.WithMetadata(map[string]any{RecordName: rec}))
		if err == nil {
			n.seen = id
		}
		if !errors.Is(err, errs.Conflict) {
			return id, err
		}
		if err = s.Rebase(ctx, icechunk.Solver{}); errors.Is(err, errs.Conflict) {
			return id, errs.New(errs.Conflict, "others changed this node meanwhile: %w", err).At(errs.Position{File: n.to.address()}).
				WithFix("wait for them and give the command again, or another #/path")
		}
		if err == nil {
			err = n.look(ctx, s.Base())
		}
		if err != nil {
			return id, err
		}
	}
}

// look checks that no commit behind those that were looked at, up to tip, touched
// the node.
func (n *nodeWork) look(ctx context.Context, tip format.ObjectID) error {
	by, err := changedBy(ctx, n.to.Repository, n.to.Path, n.seen, tip)
	if err == nil && by != (format.ObjectID{}) {
		err = n.meddled(by)
	}
	n.seen = tip
	return err
}

// open makes the node, or goes on behind the rows that were committed.
func (n *nodeWork) open(ctx context.Context, s *icechunk.Session) (sink, error) {
	if n.replace {
		if err := s.DeleteNode(ctx, n.to.Path); err != nil {
			return nil, err
		}
	}
	out, err := n.openKind(ctx, s, n.begun && !n.replace)
	if err != nil {
		return nil, err
	}
	if rows := out.Rows(); rows != n.m.Rows {
		err := errs.New(errs.Conflict, "the node has %d rows, this job left it with %d: others changed it since", rows, n.m.Rows).
			At(errs.Position{File: n.to.address()}).WithFix("--restart to replace what is there, or another #/path")
		return nil, errors.Join(err, out.Close())
	}
	return out, nil
}

func (n *nodeWork) openKind(ctx context.Context, s *icechunk.Session, there bool) (sink, error) {
	how := table.WriterOptions{Jobs: n.writers(), Memory: n.Pool, Texts: n.textRoom}
	schema, path := n.Data.Schema(), n.to.Path
	switch n.node.Layout {
	case TableLayout:
		t, err := table.Open(ctx, s, path)
		if !there {
			t, err = table.Create(ctx, s, path, table.Options{Schema: schema, ChunkRows: n.node.ChunkRows, Compress: n.node.Compress})
		}
		if err != nil {
			return nil, err
		}
		w, err := t.NewWriter(ctx, how)
		if err != nil {
			return nil, err
		}
		return tableSink{w}, nil
	case SparseLayout:
		m, err := table.OpenSparse(ctx, s, path)
		if !there {
			m, err = table.CreateSparse(ctx, s, path, table.SparseOptions{Schema: schema, Type: n.node.DType, Compress: n.node.Compress})
		}
		if err != nil {
			return nil, err
		}
		w, err := m.NewWriter(ctx, how)
		if err != nil {
			return nil, err
		}
		return rowsSink{w}, nil
	}
	m, err := table.OpenMatrix(ctx, s, path)
	if !there {
		m, err = table.CreateMatrix(ctx, s, path, table.MatrixOptions{Schema: schema, Type: n.node.DType, ChunkRows: n.node.ChunkRows, Compress: n.node.Compress})
	}
	if err != nil {
		return nil, err
	}
	w, err := m.NewWriter(ctx, how)
	if err != nil {
		return nil, err
	}
	return rowsSink{w}, nil
}

type tableSink struct{ *table.Writer }

func (t tableSink) put(ctx context.Context, p *piece) error {
	for _, rec := range p.table.Records {
		if err := t.Write(ctx, rec); err != nil {
			return err
		}
	}
	return nil
}

type rowsSink struct {
	rowsWriter
}

type rowsWriter interface {
	Write(context.Context, *dtype.Block, []float64) error
	Flush(context.Context) error
	Rows() int64
	Close() error
}

func (r rowsSink) put(ctx context.Context, p *piece) error {
	return r.Write(ctx, p.rows.Block, p.rows.Labels)
}
