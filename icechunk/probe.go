package icechunk

import (
	"context"
	"errors"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// probe finds out, once, whether the bucket keeps its promise of conditional
// writes: some object stores take a condition and ignore it, and commits would
// be lost. Places on this machine are known to keep it.
func (r *Repository) probe(ctx context.Context) error {
	r.mu.Lock()
	probed := r.probed
	r.mu.Unlock()
	if probed || r.local() {
		return nil
	}
	key := "outcore/probe." + format.NewObjectID().String()
	put := func(text string, o blob.PutOptions) (blob.Info, error) {
		return r.b.Put(ctx, key, strings.NewReader(text), int64(len(text)), o)
	}
	first, err := put("a", blob.PutOptions{IfAbsent: true})
	if err != nil {
		return err
	}
	_, again := put("b", blob.PutOptions{IfAbsent: true})
	second, err := put("c", blob.PutOptions{IfVersion: first.Version})
	_, stale := put("d", blob.PutOptions{IfVersion: first.Version})
	if e := r.b.Delete(ctx, key); e != nil && err == nil {
		err = e
	}
	_, gone := put("e", blob.PutOptions{IfVersion: second.Version})
	if gone == nil {
		err = errors.Join(err, r.b.Delete(ctx, key))
	}
	for _, e := range []error{again, stale, gone} {
		if errors.Is(e, errs.Unavailable) && err == nil {
			err = e
		}
	}
	if err != nil && !errors.Is(err, errs.Conflict) {
		return err
	}
	broken := !errors.Is(again, errs.Exists) || !errors.Is(stale, errs.Conflict) || !errors.Is(gone, errs.Conflict)
	if err != nil || broken || second.Version == first.Version {
		return r.fail(errs.New(errs.Unsupported, "icechunk: the object store takes conditional writes and does not keep to them; commits would be lost").
			WithFix("a store with If-Match and If-None-Match, or a directory"))
	}
	r.mu.Lock()
	r.probed = true
	r.mu.Unlock()
	return nil
}

// local reports whether the bucket is on this machine.
func (r *Repository) local() bool {
	return r.onDisk() || strings.HasPrefix(r.b.Address(), "mem://")
}

// onDisk reports whether the bucket is a directory.
func (r *Repository) onDisk() bool {
	a := r.b.Address()
	return !strings.Contains(a, "://") || strings.HasPrefix(a, "file://")
}
