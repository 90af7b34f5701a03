// Package run keeps the log of runs: one folder a run under the state
// directory, with run.json (what was asked, how it ended) and events.jsonl
// (what happened, one event.Event a line). The progress bar, `outcore runs`
// and the report are readers of it; nothing else depends on it, and deleting
// the folder loses history only.
package run

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
)

// A Status says how a run stands.
type Status string

// The statuses.
const (
	Running     Status = "running"
	Done        Status = "done"
	Failed      Status = "failed"
	Refused     Status = "refused"     // did not fit the memory cap
	Interrupted Status = "interrupted" // by a signal; may be resumed
	Crashed     Status = "crashed"     // its process is gone without a word
)

// Info is run.json.
type Info struct {
	ID      string          `json:"id"` // 20261120-142501-3f9a2c: sorts by start
	Verb    string          `json:"verb"`
	Args    []string        `json:"args"`    // the whole command line after the program's name
	Dir     string          `json:"dir"`     // working directory
	Version string          `json:"version"` // of outcore
	PID     int             `json:"pid"`
	Born    string          `json:"born"` // identifies the process beyond its PID, "" where unknown
	Start   time.Time       `json:"start"`
	End     time.Time       `json:"end,omitzero"`
	Status  Status          `json:"status"`
	Exit    int             `json:"exit"`
	Error   string          `json:"error,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"` // what --json printed
}

// Home is the state directory: $OUTCORE_HOME, else outcore under
// $XDG_STATE_HOME, else ~/.local/state/outcore.
func Home() (string, error) {
	if h := os.Getenv("OUTCORE_HOME"); h != "" {
		return filepath.Abs(h)
	}
	if x := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(x) {
		return filepath.Join(x, "outcore"), nil
	}
	h, err := os.UserHomeDir()
	if err != nil {
		return "", errs.New(errs.NotFound, "no home directory for the log of runs: %w", err).WithFix("export OUTCORE_HOME=DIR")
	}
	return filepath.Join(h, ".local", "state", "outcore"), nil
}

// flushEvery is how far the file may be behind: whoever follows it is shown
// progress as it is made.
const flushEvery = 100 * time.Millisecond

// A Recorder writes the log of one run. It is safe for concurrent use.
type Recorder struct {
	dir string

	mu     sync.Mutex
	info   Info
	file   *os.File
	out    *bufio.Writer
	last   time.Time // of the last flush
	closed bool
}

// Start opens the log of a new run under home.
func Start(home, verb string, args []string, version string) (*Recorder, error) {
	var rnd [3]byte
	if _, err := rand.Read(rnd[:]); err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	wd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	r := &Recorder{info: Info{
		ID:   now.Format("20060102-150405-") + hex.EncodeToString(rnd[:]),
		Verb: verb, Args: args, Dir: wd, Version: version,
		PID: os.Getpid(), Born: born(os.Getpid()), Start: now, Status: Running,
	}}
	r.dir = filepath.Join(home, "runs", r.info.ID)
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return nil, errs.New(errs.Invalid, "cannot keep the log of runs: %w", err).WithFix("export OUTCORE_HOME=DIR, a directory that can be written")
	}
	if r.file, err = os.Create(filepath.Join(r.dir, "events.jsonl")); err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	r.out = bufio.NewWriter(r.file)
	if err := r.writeInfo(); err != nil {
		return nil, errors.Join(err, r.file.Close())
	}
	return r, nil
}

// ID names the run.
func (r *Recorder) ID() string { return r.info.ID }

// Dir is the folder of the run.
func (r *Recorder) Dir() string { return r.dir }

// Sink appends events to the log. Events after Finish are dropped. A log that
// can no longer be written (a full disk) never stops the work it tells of.
func (r *Recorder) Sink() event.Sink {
	return func(e event.Event) {
		line, err := json.Marshal(e)
		if err != nil { // a field that is NaN or infinite: say so rather than lose the record
			e.Message = strings.TrimSpace(e.Message + " (fields left out: " + err.Error() + ")")
			e.Fields = nil
			if line, err = json.Marshal(e); err != nil {
				return
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.closed {
			return
		}
		r.out.Write(line)
		r.out.WriteByte('\n')
		if time.Since(r.last) > flushEvery || e.Kind == event.Warning {
			r.out.Flush()
			r.last = time.Now()
		}
	}
}

// Finish closes the log with how the run ended. err may be nil.
func (r *Recorder) Finish(status Status, exit int, err error, result json.RawMessage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	r.info.Status, r.info.Exit, r.info.End, r.info.Result = status, exit, time.Now().UTC(), result
	if err != nil {
		r.info.Error = err.Error()
	}
	return errors.Join(r.out.Flush(), r.file.Close(), r.writeInfo())
}

func (r *Recorder) writeInfo() error {
	data, err := json.MarshalIndent(r.info, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(r.dir, "run.json")
	if err := os.WriteFile(name+".tmp", append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return os.Rename(name+".tmp", name)
}

// List gives the runs under home, newest first. Folders that are no runs are
// passed over.
func List(home string) ([]Info, error) {
	entries, err := os.ReadDir(filepath.Join(home, "runs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	var out []Info
	for _, e := range entries {
		if info, err := load(home, e.Name()); err == nil {
			out = append(out, info)
		}
	}
	slices.SortFunc(out, func(a, b Info) int { // an ID tells only the second
		return cmp.Or(b.Start.Compare(a.Start), strings.Compare(b.ID, a.ID))
	})
	return out, nil
}

// Load gives the run whose ID is, or begins with, id, and its events.
func Load(home, id string) (Info, []event.Event, error) {
	runs, err := List(home)
	if err != nil {
		return Info{}, nil, err
	}
	var found []Info
	for _, r := range runs {
		if r.ID == id || (id == "last" && len(found) == 0) || strings.HasPrefix(r.ID, id) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return Info{}, nil, errs.New(errs.NotFound, "no run %q", id).WithFix("outcore runs ls")
	case 1:
	default:
		return Info{}, nil, errs.New(errs.Invalid, "%d runs begin with %q, expected one", len(found), id).WithFix("outcore runs ls")
	}
	events, err := readEvents(filepath.Join(home, "runs", found[0].ID, "events.jsonl"))
	return found[0], events, err
}

func load(home, id string) (Info, error) {
	data, err := os.ReadFile(filepath.Join(home, "runs", id, "run.json"))
	if err != nil {
		return Info{}, err
	}
	var info Info
	if err := json.Unmarshal(data, &info); err != nil {
		return Info{}, err
	}
	if info.ID != id {
		return Info{}, errs.New(errs.Corrupt, "run %s calls itself %q", id, info.ID)
	}
	if info.Status == Running && !alive(info.PID, info.Born) {
		info.Status = Crashed
	}
	return info, nil
}

// readEvents reads the log; a last line cut off by a crash is passed over.
func readEvents(path string) ([]event.Event, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	var out []event.Event
	for line := range strings.Lines(string(data)) {
		var e event.Event
		if json.Unmarshal([]byte(line), &e) == nil {
			out = append(out, e)
		}
	}
	return out, nil
}
