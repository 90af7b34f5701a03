package task

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/outcore/outcore/errs"
)

// MaxResult is the largest result of a task, in bytes of JSON. What is larger
// belongs into a blob, and its address into the result.
const MaxResult = 1 << 20

// A Cost is what an op expects to need for given arguments. It is used to admit
// tasks to memory, to predict, and to bundle.
type Cost struct {
	Bytes int64   // most bytes held at one time, beyond arguments and result
	CPU   float64 // seconds of one core
}

// A Retry says how often, and how far apart, a task is tried whose error is
// errs.Unavailable. The wait doubles from attempt to attempt, up to MaxWait,
// and half of it is random. Zero fields mean the defaults.
type Retry struct {
	Attempts int           // in all; default 4; 1 means never again
	Wait     time.Duration // after the first attempt; default 100 ms
	MaxWait  time.Duration // default 10 s
}

// withDefaults fills zero fields.
func (r Retry) withDefaults() Retry {
	if r.Attempts <= 0 {
		r.Attempts = 4
	}
	if r.Wait <= 0 {
		r.Wait = 100 * time.Millisecond
	}
	if r.MaxWait <= 0 {
		r.MaxWait = 10 * time.Second
	}
	return r
}

// A Spec is an op without its types: what a runner sees. It is immutable and
// safe for concurrent use.
type Spec struct {
	Name  string
	Local string // file:line of the call to Local, "" for a registered op
	Retry Retry

	// Identity tells a local op from others made at the same line; see
	// WithIdentity. Of a registered op it is empty: its name is enough.
	Identity string

	decode func(args json.RawMessage) (Call, error)
}

// A Call is an op with decoded arguments. It is run once.
type Call struct {
	Cost Cost
	Run  func(context.Context) (json.RawMessage, error)
}

// Decode reads the arguments, which hold values and no references, and
// estimates the cost. Arguments that do not fit the op are errs.Invalid.
func (s *Spec) Decode(args json.RawMessage) (Call, error) { return s.decode(args) }

// An Option changes a Spec when it is made.
type Option func(*Spec)

// WithRetry sets how the op is tried again.
func WithRetry(r Retry) Option { return func(s *Spec) { s.Retry = r.withDefaults() } }

// WithIdentity says, of a local op, what its closure holds that its results
// follow from: "scale=3". Two local ops of one line and one identity must give
// the same results. Without it a journal keeps nothing of the op's tasks, nor
// of those that need them.
func WithIdentity(text string) Option { return func(s *Spec) { s.Identity = text } }

var registry = struct {
	sync.RWMutex
	specs map[string]*Spec
}{specs: map[string]*Spec{}}

// opName is words joined by dots or dashes, and a version: the arguments and the
// meaning of a version never change, or a journal would lie.
var opName = regexp.MustCompile(`^[a-z][a-z0-9]*([.-][a-z0-9]+)*/v[0-9]+$`)

// register panics when the name is malformed or taken: that is a bug.
func register(s *Spec) {
	if !opName.MatchString(s.Name) {
		panic("task: op name " + s.Name + ` is not like "family.verb/v1"`)
	}
	registry.Lock()
	defer registry.Unlock()
	if registry.specs[s.Name] != nil {
		panic("task: op " + s.Name + " registered twice")
	}
	registry.specs[s.Name] = s
}

// Lookup finds a registered op; errs.NotFound when there is none.
func Lookup(name string) (*Spec, error) {
	registry.RLock()
	defer registry.RUnlock()
	if s := registry.specs[name]; s != nil {
		return s, nil
	}
	return nil, errs.New(errs.NotFound, "no op %q in this program%s", name, errs.Suggest(name, slices.Sorted(maps.Keys(registry.specs))))
}
