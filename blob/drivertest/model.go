package drivertest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// testModel does random calls on a bucket and on a map and compares them.
func testModel(t *testing.T, open Place, c Config) {
	ctx, handles := context.Background(), []*blob.Bucket{open(), open()}
	rng := rand.New(rand.NewPCG(1, 2))
	type object struct {
		content []byte
		version string
	}
	model := map[string]object{}
	var old []string // versions that were
	for i := range 20 * c.Rounds {
		b := handles[rng.IntN(2)]
		key := []string{"a", "b/c", "b/d", "b.e"}[rng.IntN(4)]
		have, is := model[key]
		switch rng.IntN(5) {
		case 0, 1:
			p := fmt.Appendf(nil, "content %d", i)
			opts := blob.PutOptions{IfAbsent: rng.IntN(3) == 0}
			fails := opts.IfAbsent && is
			kind := errs.Exists
			if !opts.IfAbsent && rng.IntN(2) == 0 && len(old) > 0 {
				opts.IfVersion = old[rng.IntN(len(old))]
				if is && rng.IntN(2) == 0 {
					opts.IfVersion = have.version
				}
				fails, kind = opts.IfVersion != have.version, errs.Conflict
			}
			info, err := b.Put(ctx, key, bytes.NewReader(p), int64(len(p)), opts)
			switch {
			case fails:
				wantKind(t, fmt.Sprintf("call %d: put %q %+v", i, key, opts), err, kind)
			case err != nil:
				t.Fatalf("call %d: put %q %+v: %v", i, key, opts, err)
			default:
				model[key] = object{p, info.Version}
				old = append(old, info.Version)
			}
		case 2:
			if err := b.Delete(ctx, key); err != nil {
				t.Fatalf("call %d: delete: %v", i, err)
			}
			delete(model, key)
		case 3:
			p, info, err := b.ReadAll(ctx, key, 1000)
			if !is {
				wantKind(t, fmt.Sprintf("call %d: get %q", i, key), err, errs.NotFound)
			} else if err != nil || !bytes.Equal(p, have.content) || info.Version != have.version {
				t.Fatalf("call %d: get %q: %q, %+v, %v; want %q, version %s", i, key, p, info, err, have.content, have.version)
			}
		case 4:
			prefix := []string{"", "b", "b/"}[rng.IntN(3)]
			var keys []string
			for k := range model {
				if strings.HasPrefix(k, prefix) {
					keys = append(keys, k)
				}
			}
			slices.Sort(keys)
			wantKeys(t, b, prefix, keys...)
		}
	}
	for key := range model {
		if err := handles[0].Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	wantKeys(t, handles[1], "")
}
