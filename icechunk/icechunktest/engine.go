package icechunktest

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	//go:embed actor.cjs
	nodeActor []byte
	//go:embed actor.py
	pythonActor []byte
)

// The variables that name what runs the official engines; `make oracle` sets
// them up.
const (
	NodeEnv   = "OUTCORE_ORACLE_NODE"
	PythonEnv = "OUTCORE_ORACLE_PYTHON"
)

// An Engine is the official engine in a process of its own. It serves one
// goroutine.
type Engine struct {
	name string
	in   *json.Encoder
	out  *bufio.Reader
	said *bytes.Buffer // its stderr, to be read when it has ended
}

var _ Actor = (*Engine)(nil)

// StartNode starts the engine for Node. Where it is not installed the test is
// skipped, or fails in CI.
func StartNode(t testing.TB) *Engine {
	t.Helper()
	bin := os.Getenv(NodeEnv)
	if bin == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: run ./test, or make oracle", NodeEnv)
		}
		t.Skipf("NOT TESTED against the official engine: run `make oracle` and set %s", NodeEnv)
	}
	return start(t, "node", bin, "actor.cjs", nodeActor)
}

// StartPython starts the Python library, with zarr-python and xarray. Where it is not
// installed the test is skipped.
func StartPython(t testing.TB) *Engine {
	t.Helper()
	bin := os.Getenv(PythonEnv)
	if bin == "" {
		t.Skipf("NOT TESTED against icechunk, zarr and xarray for Python: run `make oracle` with a Python of version 3.12 or later and set %s", PythonEnv)
	}
	return start(t, "python", bin, "actor.py", pythonActor)
}

func start(t testing.TB, name, bin, file string, script []byte) *Engine {
	t.Helper()
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, script, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, path)
	said := &bytes.Buffer{}
	cmd.Stderr = said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the %s engine: %v", name, err)
	}
	e := &Engine{name: name, in: json.NewEncoder(stdin), out: bufio.NewReader(stdout), said: said}
	t.Cleanup(func() {
		_ = stdin.Close() // the end of its work
		if err := cmd.Wait(); err != nil && !t.Failed() {
			t.Errorf("the %s engine: %v", name, err)
		}
		if t.Failed() {
			t.Logf("the %s engine said:\n%s", name, tail(said.String(), 4000))
		}
	})
	return e
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// Name is "node" or "python".
func (e *Engine) Name() string { return e.name }

// args are the fields of a request beside its op.
type args = map[string]any

// Call sends one request and decodes the answer into result, which may be nil.
func (e *Engine) Call(op string, a args, result any) error {
	r := args{"op": op}
	for k, v := range a {
		r[k] = v
	}
	if err := e.in.Encode(r); err != nil {
		return fmt.Errorf("the %s engine is gone: %w", e.name, err)
	}
	line, err := e.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the %s engine ended in %s: %w", e.name, op, err)
	}
	var answer struct {
		OK    json.RawMessage `json:"ok"`
		Error string          `json:"error"`
		Kind  string          `json:"kind"`
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return fmt.Errorf("the %s engine answered %.200s: %w", e.name, line, err)
	}
	if answer.Error != "" {
		err := fmt.Errorf("%s: %s %v: %s", e.name, op, a, strings.TrimSpace(answer.Error))
		switch answer.Kind {
		case "moved":
			err = errors.Join(ErrMoved, err)
		case "conflict":
			err = errors.Join(ErrConflict, err)
		case "exists":
			err = errors.Join(ErrExists, err)
		case "empty":
			err = errors.Join(ErrEmpty, err)
		}
		return err
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer.OK, result)
}

func (s Settings) args(w Where) args {
	a := args{"where": w, "inline": s.Inline}
	if s.Split > 0 {
		a["split"] = s.Split
	}
	return a
}

// Create makes a repository.
func (e *Engine) Create(w Where, s Settings) error { return e.Call("create", s.args(w), nil) }

// Open opens one.
func (e *Engine) Open(w Where, s Settings) error { return e.Call("open", s.args(w), nil) }

// Refs lists the branches and tags.
func (e *Engine) Refs() (r Refs, err error) {
	err = e.Call("refs", nil, &r)
	return r, err
}

// Ancestry lists the history of a snapshot.
func (e *Engine) Ancestry(snapshot string, limit int) (c []Commit, err error) {
	err = e.Call("ancestry", args{"snapshot": snapshot, "limit": limit}, &c)
	return c, err
}

// Dump reads all of a snapshot.
func (e *Engine) Dump(snapshot string) (View, error) { return e.dump(args{"snapshot": snapshot}) }

// DumpSession reads all of a session.
func (e *Engine) DumpSession(session string) (View, error) { return e.dump(args{"s": session}) }

func (e *Engine) dump(a args) (View, error) {
	var v View
	if err := e.Call("dump", a, &v); err != nil {
		return v, err
	}
	for k, doc := range v.Docs {
		p, err := base64.StdEncoding.DecodeString(doc)
		if err != nil {
			return v, err
		}
		v.Docs[k] = string(p)
	}
	return v, nil
}

// Diff gives the changes between two snapshots.
func (e *Engine) Diff(from, to string) (Diff, error) {
	var r struct {
		Diff
		UpdatedChunks map[string][][]uint32
	}
	err := e.Call("diff", args{"from": args{"snapshot": from}, "to": args{"snapshot": to}}, &r)
	d := r.Diff
	d.Chunks = map[string]int{}
	for path, chunks := range r.UpdatedChunks {
		d.Chunks[path] = len(chunks)
	}
	for _, list := range [][]string{d.NewGroups, d.NewArrays, d.DeletedGroups, d.DeletedArrays, d.UpdatedGroups, d.UpdatedArrays} {
		slices.Sort(list)
	}
	return d, err
}

// CreateBranch makes a branch.
func (e *Engine) CreateBranch(name, snapshot string) error {
	return e.Call("branch", args{"name": name, "snapshot": snapshot}, nil)
}

// DeleteBranch removes one; the engine does not look where it is.
func (e *Engine) DeleteBranch(name, _ string) error {
	return e.Call("delete branch", args{"name": name}, nil)
}

// ResetBranch moves one.
func (e *Engine) ResetBranch(name, from, to string) error {
	return e.Call("reset branch", args{"name": name, "from": from, "snapshot": to}, nil)
}

// CreateTag makes a tag.
func (e *Engine) CreateTag(name, snapshot string) error {
	return e.Call("tag", args{"name": name, "snapshot": snapshot}, nil)
}

// DeleteTag removes one.
func (e *Engine) DeleteTag(name string) error { return e.Call("delete tag", args{"name": name}, nil) }

// Begin begins a session.
func (e *Engine) Begin(session, branch string) (base string, err error) {
	err = e.Call("begin", args{"s": session, "branch": branch}, &base)
	return base, err
}

// Apply does an edit.
func (e *Engine) Apply(session string, x Edit) error {
	a := args{"s": session, "key": x.key()}
	switch x.Kind {
	case SetDoc, PutChunk:
		a["value"] = base64.StdEncoding.EncodeToString([]byte(x.Data))
		return e.Call("set", a, nil)
	case DeleteChunk:
		return e.Call("delete", a, nil)
	case DeleteNode:
		a["key"] = strings.TrimPrefix(x.Path, "/")
		return e.Call("delete node", a, nil)
	}
	panic("no such edit")
}

// Commit commits a session.
func (e *Engine) Commit(session, message string) (snapshot string, err error) {
	err = e.Call("commit", args{"s": session, "message": message, "metadata": metadataOf(message)}, &snapshot)
	return snapshot, err
}

// Rebase rebases a session, solving nothing.
func (e *Engine) Rebase(session string) error { return e.Call("rebase", args{"s": session}, nil) }

// Drop forgets a session.
func (e *Engine) Drop(session string) error { return e.Call("drop", args{"s": session}, nil) }
