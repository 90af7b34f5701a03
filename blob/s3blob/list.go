package s3blob

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

// List asks for a thousand keys at a time. Keys that end in a slash, which
// consoles make as folders, are left out.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[driver.Info, error] {
	return func(yield func(driver.Info, error) bool) {
		last, on := "", true
		err := retry(ctx, func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			opts := minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true, StartAfter: last}
			for o := range b.core.Client.ListObjectsIter(ctx, b.bucket, opts) {
				if o.Err != nil {
					return b.fail(ctx, o.Err)
				}
				if o.Key <= last {
					return errs.New(errs.Unsupported, "s3blob: %s lists %q after %q, expected bytewise order", b.core.EndpointURL().Host, o.Key, last)
				}
				last = o.Key
				key := strings.TrimPrefix(o.Key, b.prefix)
				if key == "" || strings.HasSuffix(key, "/") || driver.IsPrivate(key) {
					continue
				}
				if err := driver.CheckKey(key); err != nil {
					return err
				}
				if on = yield(describe(key, o), nil); !on {
					return nil
				}
			}
			return nil
		})
		if err != nil && on {
			yield(driver.Info{}, err)
		}
	}
}

// exists tells whether there is an object; used before large uploads that would fail.
func (b *Bucket) exists(ctx context.Context, key string) (bool, error) {
	_, err := b.Stat(ctx, key)
	if errors.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}
