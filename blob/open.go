package blob

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

// Config is what an Opener is told beside the address.
type Config struct {
	Profile   string // named account and endpoint of an object store; "" = $OUTCORE_PROFILE, then the store's default
	Transfers int    // parts of one object in flight; 0 = the driver's default
	PartSize  int64  // bytes of a part of a multipart upload; 0 = the driver's default
}

// An Option changes how Open opens.
type Option func(*Config)

// Profile names the account and endpoint of an object store.
func Profile(name string) Option { return func(c *Config) { c.Profile = name } }

// Transfers sets how many parts of one object are in flight at once. Memory of
// a transfer from a plain reader is Transfers × PartSize.
func Transfers(n int) Option { return func(c *Config) { c.Transfers = n } }

// PartSize sets the bytes of one part of a multipart upload.
func PartSize(bytes int64) Option { return func(c *Config) { c.PartSize = bytes } }

// An Opener makes a driver for the bucket at an address.
type Opener func(ctx context.Context, a Address, c Config) (driver.Bucket, error)

var (
	openersMu sync.Mutex
	openers   = map[string]Opener{}
)

// Register makes a scheme known to Open. Drivers call it from init; a scheme
// registered twice panics.
func Register(scheme string, open Opener) {
	openersMu.Lock()
	defer openersMu.Unlock()
	if _, dup := openers[scheme]; dup {
		panic("blob: scheme " + scheme + " registered twice")
	}
	openers[scheme] = open
}

// Open opens the bucket at addr: a directory (made by the first Put), file:///dir,
// s3://bucket/prefix, mem://name. The driver of the scheme must be imported.
// The caller closes the bucket.
func Open(ctx context.Context, addr string, opts ...Option) (*Bucket, error) {
	a, err := ParseAddress(addr)
	if err != nil {
		return nil, err
	}
	return OpenAddress(ctx, a, opts...)
}

// OpenAddress is Open for an address that is already parsed. An address with a
// node or a ref is not a bucket and is refused. A glob is taken literally.
func OpenAddress(ctx context.Context, a Address, opts ...Option) (*Bucket, error) {
	var c Config
	for _, o := range opts {
		o(&c)
	}
	if c.Transfers < 0 || c.PartSize < 0 {
		return nil, errs.New(errs.Invalid, "blob: found %d transfers of %d bytes, expected none below 0", c.Transfers, c.PartSize)
	}
	if a.Node != "" || a.Ref != "" {
		return nil, errs.New(errs.Invalid, "blob: %s names a node or version inside a place, expected the place itself", a)
	}
	openersMu.Lock()
	open, ok := openers[a.Scheme]
	var have []string
	for s := range openers {
		have = append(have, s)
	}
	openersMu.Unlock()
	if !ok {
		slices.Sort(have)
		return nil, errs.New(errs.Unsupported, "blob: cannot open %s: no driver for %s, have %s", a, a.Scheme, strings.Join(have, ", "))
	}
	d, err := open(ctx, a, c)
	if err != nil {
		return nil, err
	}
	return New(d, a.String()), nil
}
