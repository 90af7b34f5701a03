package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/chunk"
	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/internal/lock"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/table"
	"github.com/outcore/outcore/train"
)

// isNode reports whether an address names a node of a repository, and no file
// that happens to be called so.
func isNode(address string) bool {
	if _, err := os.Stat(address); err == nil {
		return false
	}
	return table.IsNode(address)
}

// loadNode opens the data of a job that is in a repository.
func loadNode(ctx context.Context, addresses []string, o source.Options) (source.Dataset, error) {
	if len(addresses) > 1 {
		return nil, usage("found %d addresses, expected one node of a repository, or files", len(addresses))
	}
	return table.Load(ctx, addresses[0], o)
}

// given is the part of a job's identity that says which node was asked for: the
// files of the data name the snapshot that was found.
const given = "--data"

// pinned gives an address of a node at the snapshot that an unfinished job
// began with, so that it ends with the same rows whatever was committed since.
func pinned(address string, identity map[string]string, version string) string {
	a, err := blob.ParseAddress(address)
	if err != nil || version == "" || identity[given] != address {
		return address
	}
	a.Ref = version
	return a.String()
}

// pinned gives the data of a run, those of one that is to be gone on with.
func (t *trainFlags) pinned(checkpoints compose.Store) []string {
	if t.restart || len(t.data) != 1 || !isNode(t.data[0]) {
		return t.data
	}
	identity, err := train.Unfinished(checkpoints)
	if err != nil { // Run says so
		return t.data
	}
	_, version, _ := strings.Cut(identity["file 1"], "version ")
	return []string{pinned(t.data[0], identity, version)}
}

// pinned gives the sources of a job that writes to dst, those of one that is to
// be gone on with.
func (c *chunkFlags) pinned(ctx context.Context, sources []string, dst string) []string {
	if c.restart || len(sources) != 1 || !isNode(sources[0]) {
		return sources
	}
	reading, files := c.begun(ctx, dst)
	if len(files) == 0 {
		return sources
	}
	return []string{pinned(sources[0], reading, files[0].Version)}
}

// begun finds an unfinished job at dst: its options of reading and its sources.
func (c *chunkFlags) begun(ctx context.Context, dst string) (map[string]string, []source.File) {
	if isNode(dst) {
		pl, err := openPlace(ctx, dst, icechunk.Options{})
		if err != nil {
			return nil, nil
		}
		defer pl.Close()
		reading, files, _ := chunk.Unfinished(ctx, pl.Repository, pl.ref, pl.node) // Run says what is wrong
		return reading, files
	}
	b, err := blob.Open(ctx, dst)
	if err != nil {
		return nil, nil
	}
	defer b.Close()
	m, err := chunk.ReadManifest(ctx, b, c.options.Prefix)
	if err != nil || m.Complete {
		return nil, nil
	}
	return m.Reading, m.Sources
}

// nodeOptions gives the flags as those of a node.
func (c *chunkFlags) nodeOptions() (chunk.NodeOptions, error) {
	for _, f := range []struct{ name, instead string }{
		{"rows", "--chunk-rows for the rows of a chunk"}, {"row-group", "--chunk-rows for the rows of a chunk"}, {"prefix", "the path behind # for a name"},
	} {
		if c.flags.Changed(f.name) {
			return chunk.NodeOptions{}, usage("--%s is for files; in a repository there is %s", f.name, f.instead)
		}
	}
	o, err := c.parse()
	n := c.node
	n.Layout, n.DType, n.Scale, n.Compress = o.Layout, o.DType, o.Scale, o.Compress
	if c.flags.Changed("commit-every") && n.CommitEvery < 1 {
		return n, usage("--commit-every %d: expected 1 or more", n.CommitEvery)
	}
	return n, err
}

// filesOnly refuses flags of nodes where files are written.
func (c *chunkFlags) filesOnly() error {
	for _, name := range []string{"commit-every", "chunk-rows"} {
		if c.flags.Changed(name) {
			return usage("--%s is for repositories (ADDRESS#/path); files have --rows", name)
		}
	}
	return nil
}

// runNode does the job b, writing to a node, or says what it would do.
func (c *chunkFlags) runNode(ctx context.Context, j *job, dst string, b chunk.Job) (any, error) {
	n, err := c.nodeOptions()
	if err != nil {
		return nil, err
	}
	pl, err := openPlace(ctx, dst, icechunk.Options{Cache: nodeCache})
	if err != nil {
		return nil, err
	}
	defer pl.Close()
	b.Jobs, b.Budget, b.Events, b.Restart = j.jobs, j.budget, j.events, c.restart
	work := chunk.NodeJob{Job: b, Repository: pl.Repository, Branch: pl.ref, Path: pl.node, Node: n, Verb: j.verb}
	if j.dryRun {
		plan, err := work.Plan(ctx)
		if err != nil {
			return nil, err
		}
		if !j.json {
			fmt.Fprintf(j.stdout, "rows      %s, %d columns, %d a commit\n", count(plan.Rows), plan.Columns, plan.CommitRows)
			fmt.Fprintf(j.stdout, "node      %v in %s, compression %s\n", plan.Options, dst, plan.Options.Compress)
			fmt.Fprintf(j.stdout, "memory    %s of %s\n", size(plan.NeedBytes), size(j.budget.Cap()))
		}
		return plan, nil
	}
	if pl.address.Scheme == "file" { // elsewhere the one that commits last is told
		state, err := pl.state()
		if err != nil {
			return nil, err
		}
		l, err := lock.Acquire(filepath.Join(state, "lock"))
		if err != nil {
			return nil, err
		}
		defer l.Release()
	}
	r, err := work.Run(ctx)
	if err != nil {
		return nil, err
	}
	if !j.json {
		how := fmt.Sprintf(" in %d commit%s", r.Commits, plural(r.Commits))
		switch {
		case r.Changed != "":
			how = " were written; commit " + r.Changed + " changed the node since"
		case r.Commits == 0:
			how = ", all there already"
		}
		fmt.Fprintf(j.stdout, "rows      %d%s", r.Rows, how)
		c.leftOut(j, r.Skipped, r.LeftOut)
		what := r.Layout
		if r.DType != "" {
			what += " of " + r.DType
		}
		fmt.Fprintf(j.stdout, "\nnode      %s, %d columns\nsnapshot  %s\n", what, r.Columns, r.Address)
	}
	return r, nil
}

// nodeCache bounds what is kept of a repository while rows are appended.
const nodeCache = 8 << 20

// leftOut says which rows of the data are not among those written.
func (c *chunkFlags) leftOut(j *job, skipped, left int64) {
	if skipped > 0 {
		fmt.Fprintf(j.stdout, ", %d bad rows skipped", skipped)
	}
	if left > 0 {
		fmt.Fprintf(j.stdout, ", %d without a target left out", left)
	}
}
