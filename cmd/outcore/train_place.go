package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/compose/bucket"
	"github.com/outcore/outcore/compose/node"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/run"
	"github.com/outcore/outcore/zarr"
)

// A modelPlace is where train puts a model: a directory, a prefix in a bucket,
// or a node on a branch of a repository.
type modelPlace struct {
	address string        // as given
	node    *place        // nil: files of
	files   compose.Store // a directory or bucket
	bucket  *blob.Bucket  // nil: a directory
	state   string        // directory of the lock and the checkpoint
}

// openModelPlace opens the place that an address names, without writing. The
// caller closes it.
func openModelPlace(ctx context.Context, address string) (*modelPlace, error) {
	m := &modelPlace{address: address}
	var err error
	if !isNode(address) {
		if m.files, m.bucket, err = modelFiles(ctx, address); err != nil {
			return nil, err
		}
		if m.bucket == nil {
			m.state = filepath.Join(fmt.Sprint(m.files), ".outcore")
			return m, nil
		}
		home, err := run.Home()
		if err != nil {
			m.Close()
			return nil, err
		}
		sum := sha256.Sum256([]byte(strings.TrimSuffix(m.bucket.Address(), "/")))
		m.state = filepath.Join(home, "models", hex.EncodeToString(sum[:8]))
		return m, nil
	}
	if m.node, err = openPlace(ctx, address, icechunk.Options{Cache: nodeCache}); err != nil {
		return nil, err
	}
	if m.state, err = m.node.state(); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// state is the directory for the lock, and the checkpoint, of a job that writes
// to the node: in the repository, or in the state directory where that is on no
// disk.
func (pl *place) state() (string, error) {
	a := pl.address
	a.Path, a.Ref, a.Node = strings.TrimSuffix(a.Path, "/"), pl.branch(), pl.node
	sum := sha256.Sum256([]byte(a.String()))
	dir := ""
	if pl.address.Scheme == "file" {
		sum = sha256.Sum256([]byte(pl.branch() + "#" + pl.node)) // wherever the repository is moved to
		dir = filepath.Join(pl.address.Path, ".outcore")
	} else {
		home, err := run.Home()
		if err != nil {
			return "", err
		}
		dir = home
	}
	return filepath.Join(dir, "nodes", hex.EncodeToString(sum[:8])), nil
}

// modelFiles opens where the files of a model are: a directory, or a bucket,
// which the caller closes.
func modelFiles(ctx context.Context, address string) (compose.Store, *blob.Bucket, error) {
	if !strings.Contains(address, "://") {
		return compose.Dir(address), nil, nil
	}
	a, err := blob.ParseAddress(address)
	if err != nil {
		return nil, nil, err
	}
	if a.Scheme == "file" {
		return compose.Dir(a.Path), nil, nil
	}
	b, err := blob.OpenAddress(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	return bucket.In(ctx, b), b, nil
}

// Close ends the use of the repository or the bucket.
func (m *modelPlace) Close() {
	if m.bucket != nil {
		m.bucket.Close()
	}
	if m.node != nil {
		m.node.Close()
	}
}

// load gives the model that is there, errs.NotFound where there is room for one.
func (m *modelPlace) load(ctx context.Context) (*compose.Model, error) {
	if m.node == nil {
		return compose.Load(m.files, 0)
	}
	s, err := m.node.Session(ctx, m.node.ref)
	if err != nil {
		return nil, badModelPlace(err)
	}
	defer s.Discard()
	doc, err := s.Metadata(ctx, m.node.node)
	switch {
	case err == nil && node.Model(doc) == nil:
		return nil, errs.New(errs.Exists, "there is a node already, which is no model").At(errs.Position{File: m.address}).WithFix("-o with another path")
	case errors.Is(err, errs.NotFound): // tried now, so that it is known before anything is learned
		if err := zarr.CreateGroup(ctx, s, m.node.node, &zarr.GroupMeta{}); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	}
	return compose.Load(node.In(ctx, s, m.node.node), 0)
}

// errNoBranch tells a branch that is not there from a model that is not.
var errNoBranch = errors.New("-o: a model is committed to a branch")

// badModelPlace says what -o expects in place of what is no branch.
func badModelPlace(err error) error {
	if isKind(err, errs.NotFound) {
		return fmt.Errorf("%w: %w", errNoBranch, err)
	}
	return err
}

// save puts a model there, in place of another: whole, or not at all. It gives
// the model's digest, and the address of the snapshot where it is committed.
func (m *modelPlace) save(ctx context.Context, model *compose.Model) (digest, snapshot string, err error) {
	if m.node == nil {
		digest, err = model.Save(m.files)
		return digest, "", err
	}
	s, err := m.node.Session(ctx, m.node.ref)
	if err != nil {
		return "", "", err
	}
	if digest, err = model.Save(node.In(ctx, s, m.node.node)); err != nil {
		return "", "", err
	}
	id, err := s.Commit(ctx, fmt.Sprintf("train: %s, %s", m.node.node, model.Pipeline), icechunk.WithRebase(icechunk.Solver{}))
	if err != nil {
		return "", "", m.beaten(err)
	}
	return digest, m.node.at(id.String(), m.node.node), nil
}

// beaten says what to do when others put something to the node while the model was
// committed.
func (m *modelPlace) beaten(err error) error {
	if !errors.Is(err, errs.Conflict) {
		return err
	}
	return errs.New(errs.Conflict, "others changed this node meanwhile: %w", err).At(errs.Position{File: m.address}).
		WithFix("--overwrite to replace what they put there, or -o with another #/path")
}

// asLearned gives the data of a run at the snapshot that m learned from, where
// nothing was committed to its node since: the commit of m itself is one that
// moves the branch.
func asLearned(ctx context.Context, data []string, m *compose.Model) []string {
	if m == nil || len(data) != 1 || len(m.Data) != 1 || !isNode(data[0]) {
		return data
	}
	given, err1 := blob.ParseAddress(data[0])
	then, err2 := blob.ParseAddress(m.Data[0].Address)
	if err1 != nil || err2 != nil {
		return data
	}
	ref, snapshot := given.Ref, then.Ref
	given.Ref, then.Ref = "", ""
	if given != then {
		return data
	}
	pl, err := openPlace(ctx, data[0], icechunk.Options{ReadOnly: true, Cache: nodeCache})
	if err != nil { // opening the data says so
		return data
	}
	defer pl.Close()
	if same, err := pl.untouched(ctx, snapshot, ref); err != nil || !same {
		return data
	}
	given.Ref = snapshot
	return []string{given.String()}
}

// untouched reports whether no commit after one version, up to another, changed
// the node.
func (pl *place) untouched(ctx context.Context, from, to string) (bool, error) {
	first, err := pl.Resolve(ctx, from)
	if err != nil {
		return false, err
	}
	last, err := pl.Resolve(ctx, to)
	if err != nil || first == last {
		return first == last, err
	}
	d, err := pl.Diff(ctx, first, last)
	if err != nil {
		return false, err
	}
	return !touches(d, pl.node), nil
}
