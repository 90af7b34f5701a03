package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

// Get opens an object. A connection that breaks while it is read is taken up
// again where it broke, on the same version or with errs.Conflict.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, driver.Info, error) {
	r := &reader{b: b, ctx: ctx, key: key}
	if err := retry(ctx, r.connect); err != nil {
		return nil, driver.Info{}, err
	}
	return r, r.info, nil
}

// reader reads one version of an object from off to its end.
type reader struct {
	b    *Bucket
	ctx  context.Context
	key  string
	info driver.Info // empty until the first connection
	off  int64
	body io.ReadCloser // nil when not connected
}

// connect opens the object at off.
func (r *reader) connect() error {
	body, o, err := r.b.open(r.ctx, r.key, r.info.Version, r.off, -1)
	if err != nil {
		return err
	}
	if r.info.Version == "" {
		r.info = describe(r.key, o)
	}
	r.body = body
	return nil
}

func (r *reader) Read(p []byte) (int, error) {
	if r.off == r.info.Size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	n := 0
	err := retry(r.ctx, func() error {
		if r.body == nil {
			if err := r.connect(); err != nil {
				return err
			}
		}
		var err error
		n, err = r.body.Read(p)
		r.off += int64(n)
		if n > 0 || err == nil {
			return nil // an error comes again with the next Read
		}
		r.body.Close()
		r.body = nil
		return r.b.fail(r.ctx, errors.Join(err, io.ErrUnexpectedEOF))
	})
	return n, err
}

func (r *reader) Close() error {
	if r.body == nil {
		return nil
	}
	err := r.body.Close()
	r.body = nil
	return err
}

// OpenReaderAt asks for an object's version; each ReadAt is a request of its own.
func (b *Bucket) OpenReaderAt(ctx context.Context, key string) (driver.ReaderAt, driver.Info, error) {
	info, err := b.Stat(ctx, key)
	if err != nil {
		return nil, driver.Info{}, err
	}
	return &readerAt{b: b, ctx: ctx, info: info}, info, nil
}

type readerAt struct {
	b    *Bucket
	ctx  context.Context
	info driver.Info
}

func (r *readerAt) Size() int64  { return r.info.Size }
func (r *readerAt) Close() error { return nil }

func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errs.New(errs.Invalid, "s3blob: found the offset %d, expected none below 0", off)
	}
	want := p[:max(0, min(int64(len(p)), r.info.Size-off))]
	done := 0
	err := retry(r.ctx, func() error {
		if done == len(want) {
			return nil
		}
		body, _, err := r.b.open(r.ctx, r.info.Key, r.info.Version, off+int64(done), int64(len(want)-done))
		if err != nil {
			return err
		}
		defer body.Close()
		n, err := io.ReadFull(body, want[done:])
		done += n
		return r.b.fail(r.ctx, err)
	})
	if err == nil && len(want) < len(p) {
		err = io.EOF
	}
	return done, err
}

// ReadRange is one request.
func (b *Bucket) ReadRange(ctx context.Context, key string, p []byte, off int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n := 0
	err := retry(ctx, func() error {
		body, o, err := b.open(ctx, key, "", off+int64(n), int64(len(p)-n))
		var r minio.ErrorResponse
		if errors.As(err, &r) && r.StatusCode == http.StatusRequestedRangeNotSatisfiable {
			return nil // the object ends before
		}
		if err != nil {
			return err
		}
		defer body.Close()
		got, err := io.ReadFull(body, p[n:])
		n += got
		if err == io.ErrUnexpectedEOF && int64(got) == o.Size || err == io.EOF {
			return nil // the object ends
		}
		return b.fail(ctx, err)
	})
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// open requests length bytes from off on (all when length is negative) of a
// version ("" = any). A store that is silent for a minute fails the request
// (the transport's ResponseHeaderTimeout).
func (b *Bucket) open(ctx context.Context, key, version string, off, length int64) (io.ReadCloser, minio.ObjectInfo, error) {
	var opts minio.GetObjectOptions
	if version != "" {
		if err := opts.SetMatchETag(version); err != nil {
			return nil, minio.ObjectInfo{}, b.fail(ctx, err)
		}
	}
	switch {
	case length >= 0:
		opts.Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+length-1))
	case off > 0:
		opts.Set("Range", fmt.Sprintf("bytes=%d-", off))
	}
	body, o, _, err := b.core.GetObject(ctx, b.bucket, b.prefix+key, opts)
	if err != nil {
		return nil, o, b.fail(ctx, err)
	}
	if version != "" && o.ETag != version { // a store that ignores If-Match
		body.Close()
		return nil, o, errs.New(errs.Conflict, "s3blob: the object was replaced while it was read: found version %s, expected %s", o.ETag, version)
	}
	return body, o, nil
}
