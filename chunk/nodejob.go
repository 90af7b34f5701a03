package chunk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/memory"
)

// A NodeJob writes the rows of a data set to a node of a repository, in commits
// on a branch. Of Job, Dest, Options and Temp do not count. The caller keeps
// Data, Repository and Budget open while Run works. Others may commit to the
// branch meanwhile; a job on the same node ends with errs.Conflict.
type NodeJob struct {
	Job
	Repository *icechunk.Repository
	Branch     string // "" = main
	Path       string // of the node
	Node       NodeOptions
	Verb       string // who commits; default chunk
}

// A NodeResult is what Run made.
type NodeResult struct {
	Rows      int64  `json:"rows"`
	Commits   int    `json:"commits"`  // of this run
	Snapshot  string `json:"snapshot"` // the last one
	Address   string `json:"address"`  // of the node in it
	Skipped   int64  `json:"skipped"`  // bad rows left out
	LeftOut   int64  `json:"left_out,omitempty"`
	Resumed   bool   `json:"resumed"`           // some of it had been done before
	Changed   string `json:"changed,omitempty"` // the last commit, of others, that changed the node of a finished job
	Columns   int    `json:"columns"`
	Layout    string `json:"layout"`
	DType     string `json:"dtype,omitempty"`
	ChunkRows int    `json:"chunk_rows,omitempty"`
	Need      int64  `json:"need_bytes"`
}

// Run writes what is not committed yet. After an error, a crash or a kill the
// same call goes on after the last commit, and the node comes out the same, by
// content. Other options, or sources that changed, are errs.Invalid and told
// one by one; a node that no such job made is errs.Exists.
func (j NodeJob) Run(ctx context.Context) (*NodeResult, error) {
	n, err := j.plan(ctx)
	if err != nil {
		return nil, err
	}
	release, err := n.reserve(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { release() }()
	if err := n.resume(ctx); err != nil {
		return nil, err
	}
	if n.m.Complete {
		said := fmt.Sprintf("all %d rows are there already", n.m.Rows)
		if n.changed != "" {
			said = fmt.Sprintf("all %d rows were written; commit %s changed the node since", n.m.Rows, n.changed)
		}
		n.Events.Send(event.Event{Kind: event.Resume, Step: stepName, Message: said})
		return n.result(), nil
	}
	for err = n.write(ctx); n.fewer(err); err = n.write(ctx) {
		release()
		n.need = n.predict()
		if release, err = n.reserve(ctx); err != nil {
			release = func() {}
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return n.result(), nil
}

// address is the node's, on its branch, as a user would give it.
func (j *NodeJob) address() string { return j.at(j.Branch) }

// at is the node's address at a branch or snapshot.
func (j *NodeJob) at(ref string) string {
	if a, err := blob.ParseAddress(j.Repository.Address()); err == nil {
		a.Ref, a.Node = ref, j.Path
		return a.String()
	}
	return j.Repository.Address() + "#" + j.Path
}

// A nodeWork is a NodeJob being done. Its manifest is no file: it has where the
// last commit ended.
type nodeWork struct {
	*work
	to    *NodeJob
	node  NodeOptions // complete
	texts []float64   // bytes of a text, on average; nil = not known
	made  *made

	textRoom int64 // bytes of text that were reserved
	sending  int   // chunks written at once, where that is more than there are workers

	replace  bool   // what is there goes with the first commit
	begun    bool   // a commit of the job is there
	changed  string // the last commit of others that changed the node
	commits  int    // of this run
	snapshot string // the last one

	seen format.ObjectID // the commits of others up to here were looked at
}

// resume finds what is committed already.
func (n *nodeWork) resume(ctx context.Context) error {
	n.m = &Manifest{}
	s, err := n.to.Repository.Session(ctx, n.to.Branch)
	if err != nil {
		return err
	}
	n.snapshot, n.seen = s.Base().String(), s.Base()
	id, err := nodeID(ctx, s, n.to.Path)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if n.Restart {
		n.replace = true
		return nil
	}
	at := errs.Position{File: n.to.address()}
	last, was, err := lastRecord(ctx, n.to.Repository, s.Base(), n.to.Path, id)
	if err != nil {
		return err
	}
	if last == nil {
		return errs.New(errs.Exists, "there is a node already, which no such job made").At(at).
			WithFix("another #/path, or --restart to replace it")
	}
	if last.Job != n.made.digest() {
		return n.otherwise(last, was)
	}
	n.m.Chunks = []Chunk{{Rows: last.Rows, End: last.place()}}
	n.m.Rows, n.m.Skipped, n.m.Complete = last.Rows, last.Skipped, last.Complete
	n.begun, n.resumed = true, true
	by, err := changedBy(ctx, n.to.Repository, n.to.Path, last.snapshot, s.Base())
	if err != nil {
		return err
	}
	switch {
	case by != (format.ObjectID{}) && !last.Complete:
		return n.meddled(by)
	case by != (format.ObjectID{}):
		n.changed = by.String()
	}
	if last.Complete {
		return nil
	}
	n.Events.Send(event.Event{Kind: event.Resume, Step: stepName, Done: n.done(), Unit: n.unit(), Rows: n.m.Rows,
		Message: fmt.Sprintf("%d rows are committed; going on after them", n.m.Rows)})
	return nil
}

// meddled is the error for rows of an unfinished job that others changed: with
// those still to come they would be no rows of the sources.
func (n *nodeWork) meddled(by format.ObjectID) error {
	return errs.New(errs.Conflict, "commit %s changed the node since this job began, which has %d rows there and is not finished", by, n.m.Rows).
		At(errs.Position{File: n.to.address()}).WithFix("--restart to replace what is there, or another #/path")
}

// otherwise is the error for a node that another job made, or began.
func (n *nodeWork) otherwise(last *record, was *made) error {
	what := "an unfinished job stands here, begun differently"
	if last.Complete {
		what = "rows stand here, made differently"
	}
	list := []string{"the job is not the same"}
	if was != nil {
		differ, changed := was.differs(n.made)
		if len(differ) > 0 {
			list = differ
		} else {
			list = []string{"the files to read are not the same, or have changed"}
		}
		switch {
		case changed && last.Complete:
			what = "rows stand here, of data that is not the same any more"
		case changed:
			what = "an unfinished job stands here, whose data is not the same any more"
		}
	}
	return errs.New(errs.Invalid, "%s:%s\n", what, listed(list)).At(errs.Position{File: n.to.address()}).
		WithFix("--restart to replace what is there, or another #/path")
}

// record is what a commit that ends at a place says.
func (n *nodeWork) record(id string, rows int64, at Place, complete bool) *record {
	r := &record{
		Verb: n.to.Verb, Node: n.to.Path, ID: id, Job: n.made.digest(),
		Rows: rows, Skipped: at.Skipped, Next: at.Next, Skip: at.Skip, Complete: complete,
	}
	if r.Verb == "" {
		r.Verb = stepName
	}
	if !n.begun {
		short := *n.made
		short.Sources = slices.Clone(short.Sources[:min(len(short.Sources), mostSources)])
		r.Made = &short
	}
	return r
}

func (n *nodeWork) result() *NodeResult {
	r := &NodeResult{
		Rows: n.m.Rows, Commits: n.commits, Snapshot: n.snapshot, Address: n.to.at(n.snapshot), Skipped: n.m.Skipped, Resumed: n.resumed, Changed: n.changed,
		Columns: n.cols, Layout: n.node.Layout, ChunkRows: n.node.ChunkRows, Need: memory.Need(n.need + n.Pool.Grown()),
	}
	if end := n.m.end(); end.Skip == 0 {
		r.LeftOut = max(end.Next.Row-end.Skipped-n.m.Rows, 0)
	}
	if n.node.DType != 0 {
		r.DType = n.node.DType.String()
	}
	return r
}
