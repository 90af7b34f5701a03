package ndarray

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/zarr"
)

// A Loader opens the store at an address, which begins with its scheme and a
// colon. What the store shows must never change, and it must be safe for
// concurrent use: a process opens an address once and keeps it.
type Loader func(ctx context.Context, address string) (zarr.Store, error)

var loaders = struct {
	sync.Mutex
	byScheme map[string]Loader
	open     map[string]*opened
	order    []string // of open, the oldest first
}{byScheme: map[string]Loader{"icechunk": openSnapshot}, open: map[string]*opened{}}

// opened is a store that is open, or is being opened.
type opened struct {
	once  sync.Once
	store zarr.Store
	err   error
}

// maxOpen is the most stores a process keeps open by address.
const maxOpen = 8

// RegisterLoader makes addresses of a scheme known to every process of this
// program; call it from an init function. A scheme used twice is a bug and
// panics. "icechunk" is there: see AddressOf.
func RegisterLoader(scheme string, l Loader) {
	loaders.Lock()
	defer loaders.Unlock()
	if loaders.byScheme[scheme] != nil {
		panic("ndarray: loader " + scheme + " registered twice")
	}
	loaders.byScheme[scheme] = l
}

// openAddress gives the store at address, opened at the first call.
func openAddress(ctx context.Context, address string) (zarr.Store, error) {
	scheme, _, ok := strings.Cut(address, ":")
	loaders.Lock()
	l := loaders.byScheme[scheme]
	if !ok || l == nil {
		have := slices.Sorted(maps.Keys(loaders.byScheme))
		loaders.Unlock()
		return nil, errs.New(errs.Unsupported, "address %q begins with no scheme that can be loaded%s; have %s",
			address, errs.Suggest(scheme, have), strings.Join(have, ", "))
	}
	o := loaders.open[address]
	if o == nil {
		if len(loaders.order) == maxOpen {
			delete(loaders.open, loaders.order[0]) // tasks that use it do so to their end
			loaders.order = loaders.order[1:]
		}
		o = &opened{}
		loaders.open[address] = o
		loaders.order = append(loaders.order, address)
	}
	loaders.Unlock()
	o.once.Do(func() { o.store, o.err = l(ctx, address) })
	if o.err != nil {
		forget(address, o)
	}
	return o.store, o.err
}

// forget makes the next call open address again.
func forget(address string, o *opened) {
	loaders.Lock()
	defer loaders.Unlock()
	if loaders.open[address] == o {
		delete(loaders.open, address)
		loaders.order = slices.DeleteFunc(loaders.order, func(a string) bool { return a == address })
	}
}

// OpenAnyAt is OpenAny of the store at an address. Arrays of addresses, with
// operations and registered functions on them, can be computed by a runner in
// other processes, which open the address for themselves.
func OpenAnyAt(ctx context.Context, address, path string) (Any, error) {
	s, err := openAddress(ctx, address)
	if err != nil {
		return Any{}, err
	}
	a, err := OpenAny(ctx, s, path)
	if err == nil {
		a.n.address = address
	}
	return a, err
}

// OpenAt is OpenAnyAt of an array whose elements are T.
func OpenAt[T Element](ctx context.Context, address, path string) (Array[T], error) {
	a, err := OpenAnyAt(ctx, address, path)
	if err != nil {
		return Array[T]{}, err
	}
	typed := Typed[T](a)
	return typed, typed.Err()
}

const snapshotScheme = "icechunk:"

// AddressOf is the address of the snapshot a session stands on; errs.Unsupported
// when the session has changes, which no other process sees.
func AddressOf(s *icechunk.Session) (string, error) {
	if s.Changed() {
		return "", errs.New(errs.Unsupported, "the session has uncommitted changes, which other processes do not see").WithFix("Commit first")
	}
	return stageAddress(s), nil
}

// stageAddress is where other processes stage chunks for s.
func stageAddress(s *icechunk.Session) string {
	return snapshotScheme + s.Repository().Address() + "@" + s.Base().String()
}

// openSnapshot opens what AddressOf gives.
func openSnapshot(ctx context.Context, address string) (zarr.Store, error) {
	rest := strings.TrimPrefix(address, snapshotScheme)
	i := strings.LastIndexByte(rest, '@')
	if i < 0 {
		return nil, errs.New(errs.Invalid, "address %q names no snapshot", address).WithFix("icechunk:ADDRESS@SNAPSHOT")
	}
	b, err := blob.Open(ctx, rest[:i])
	if err != nil {
		return nil, err
	}
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	if err != nil {
		return nil, err
	}
	return r.Snapshot(ctx, rest[i+1:])
}
