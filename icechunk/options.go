package icechunk

import (
	"time"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
)

// Options say how a repository is used. The zero Options are useful.
type Options struct {
	Inline   int            // chunks of up to so many bytes are stored in the manifest; 0 = 512, -1 = none
	Split    int            // most references of one array in a manifest that is written; 0 = 4,096
	Workers  int            // requests in flight; 0 = 16
	Cache    int64          // bytes of manifests and snapshots kept decoded; 0 = 64 MiB, or an eighth of Budget when that is less
	Program  string         // written into headers, at most 24 bytes: "outcore-0.1"
	Budget   *memory.Budget // bounds what is chosen here; nothing is reserved from it. nil = no bound
	ReadOnly bool           // write nothing, also where it could
	Now      func() time.Time
}

// programBytes is the room for Program.
const programBytes = 24

// maxInline bounds Options.Inline: a manifest of 4,096 such chunks is 64 MiB.
const maxInline = 16 << 10

// fill checks o and puts the defaults in.
func (o Options) fill() (Options, error) {
	bad := func(what string, found any, want string) error {
		return errs.New(errs.Invalid, "icechunk: options: %s is %v, expected %s", what, found, want)
	}
	switch {
	case o.Inline < -1 || o.Inline > maxInline:
		return o, bad("Inline", o.Inline, "-1 to 16384 bytes")
	case o.Split < 0:
		return o, bad("Split", o.Split, "a number of references above 0")
	case o.Workers < 0:
		return o, bad("Workers", o.Workers, "a number above 0")
	case o.Cache < 0:
		return o, bad("Cache", o.Cache, "a number of bytes above 0")
	case len(o.Program) > programBytes:
		return o, bad("Program", o.Program, "at most 24 bytes")
	}
	if o.Inline == 0 {
		o.Inline = 512
	}
	if o.Split == 0 {
		o.Split = 4096
	}
	if o.Workers == 0 {
		o.Workers = 16
	}
	if o.Cache == 0 {
		o.Cache = o.within(64<<20, 8)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// within is n bytes, or so many parts of the budget's room when that is less.
func (o Options) within(n, parts int64) int64 {
	if o.Budget == nil {
		return n
	}
	return max(1, min(n, o.Budget.Room()/parts))
}
