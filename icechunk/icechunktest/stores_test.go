package icechunktest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

func reader(p []byte) io.Reader { return bytes.NewReader(p) }

// careless is an object store that changes the conditions of puts before it
// looks at them.
type careless struct {
	driver.Bucket
	change func(driver.Bucket, string, *driver.PutOptions)
}

func (d careless) Put(ctx context.Context, key string, r io.Reader, size int64, opts driver.PutOptions) (driver.Info, error) {
	d.change(d.Bucket, key, &opts)
	return d.Bucket.Put(ctx, key, r, size, opts)
}

// TestStoresThatBreakTheirPromise refuses those on which a commit could be lost,
// before anything is written with them.
func TestStoresThatBreakTheirPromise(t *testing.T) {
	for name, change := range map[string]func(driver.Bucket, string, *driver.PutOptions){
		"If-None-Match is ignored": func(_ driver.Bucket, _ string, o *driver.PutOptions) { o.IfAbsent = false },
		"If-Match is ignored":      func(_ driver.Bucket, _ string, o *driver.PutOptions) { o.IfVersion = "" },
		"both are ignored":         func(_ driver.Bucket, _ string, o *driver.PutOptions) { *o = driver.PutOptions{} },
		"If-Match makes an object that is not there": func(d driver.Bucket, key string, o *driver.PutOptions) {
			if _, err := d.Stat(ctx, key); errors.Is(err, errs.NotFound) {
				o.IfVersion = ""
			}
		},
		"If-Match never matches": func(_ driver.Bucket, _ string, o *driver.PutOptions) {
			if o.IfVersion != "" {
				o.IfVersion = "another"
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inner := memblob.New()
			b := blob.New(careless{inner, change}, "s3://careless/x")
			_, err := icechunk.Create(ctx, b, icechunk.Options{})
			if !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "s3://careless") {
				t.Errorf("create: %v, expected that the store is refused and named", err)
			}
			for info, err := range inner.List(ctx, "") {
				t.Errorf("%s was left, %v", info.Key, err)
				if err := inner.Delete(ctx, info.Key); err != nil {
					t.Fatal(err)
				}
			}
			// A repository that is there already can be read and not be written.
			r, err := icechunk.Create(ctx, blob.New(inner, "mem://x"), icechunk.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := deeds[0].do(r); err != nil {
				t.Fatal(err)
			}
			r, err = icechunk.Open(ctx, b, icechunk.Options{})
			if err != nil || !deeds[0].done(t, r) {
				t.Fatalf("open for reading: %v", err)
			}
			for _, d := range deeds[1:] {
				if err := d.do(r); err == nil || d.name == "branch" && !errors.Is(err, errs.Unsupported) {
					t.Errorf("%s: %v, expected that the store is refused", d.name, err)
				}
			}
		})
	}
}
